import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip as gunzipCallback } from 'node:zlib';
import { failure } from '../../core/errors/error.ts';

const gunzip = promisify(gunzipCallback);

/** A body in more pieces than this, tiny on average, is an attack on the reader, not a client on a slow line. */
const maxPieces = 65_536;
const tinyPiece = 128;

/**
 * Reads a request body whole, never holding more than the limit; gzip is undone with the limit on its output.
 * @throws MdeployError `BODY_TOO_LARGE`, `ENCODING_UNSUPPORTED`, `BODY_MALFORMED`, `CLIENT_GONE`
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const encoding = request.headers['content-encoding']?.toLowerCase();
  if (encoding === undefined || encoding === 'identity') return collect(request, limit);
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw failure('ENCODING_UNSUPPORTED', { encoding }, { field: 'Content-Encoding', received: encoding });
  }
  return collect(request, limit).then((packed) => inflate(packed, limit));
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

async function inflate(packed: Uint8Array, limit: number): Promise<Uint8Array> {
  try {
    return await gunzip(packed, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw failure('BODY_TOO_LARGE', { limit });
    const reason = error instanceof Error ? error.message : String(error);
    throw failure('BODY_MALFORMED', { format: 'gzip', reason }, { cause: error });
  }
}
