import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { failure } from '../../core/errors/error.ts';

// `deflate` is the zlib format (RFC 9110 §8.4.1.2).
const unpackers = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
]);

/** A body in more pieces than this, tiny on average, is an attack on the reader, not a client on a slow line. */
const maxPieces = 65_536;
const tinyPiece = 128;

/**
 * Reads a request body whole, never holding more than the limit; gzip and deflate are undone with the limit on their output.
 * @throws MdeployError `BODY_TOO_LARGE`, `ENCODING_UNSUPPORTED`, `BODY_MALFORMED`, `CLIENT_GONE`
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const encoding = request.headers['content-encoding']?.toLowerCase();
  if (encoding === undefined || encoding === 'identity') return collect(request, limit);
  const unpacker = unpackers.get(encoding);
  if (!unpacker)
    throw failure('ENCODING_UNSUPPORTED', { encoding }, { field: 'Content-Encoding', received: encoding });
  return collect(request, limit).then((packed) => unpack(packed, unpacker, encoding, limit));
}

function collect(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) > limit) throw failure('BODY_TOO_LARGE', { limit });
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    request.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > limit) return leave(failure('BODY_TOO_LARGE', { limit }));
      if (chunks.push(chunk) > maxPieces && bytes < chunks.length * tinyPiece) {
        const reason = `it came in more than ${maxPieces} tiny pieces`;
        leave(failure('BODY_MALFORMED', { format: 'HTTP body', reason }));
      }
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes)));
    request.on('error', () => reject(failure('CLIENT_GONE', {})));
    const leave = (error: Error) => {
      request.removeAllListeners('data');
      chunks.length = 0;
      reject(error);
    };
  });
}

async function unpack(
  packed: Uint8Array,
  unpacker: (packed: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>,
  format: string,
  limit: number,
): Promise<Uint8Array> {
  try {
    return await unpacker(packed, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw failure('BODY_TOO_LARGE', { limit });
    const reason = error instanceof Error ? error.message : String(error);
    throw failure('BODY_MALFORMED', { format, reason }, { cause: error });
  }
}
