import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RawReply } from '../protocol.ts';

/** How long a client that was refused in the middle of its upload may take to read why. */
const lingerMs = 2_000;

/** Longest body that is joined to its header: beyond it the copy costs more than the second write. */
const joinedLimit = 32 * 1024;

/** Writes a reply, once, unless the client is gone. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: RawReply,
  { id, close }: { readonly id: string; readonly close: boolean },
): void {
  if (response.destroyed || response.headersSent) return;
  const { body } = reply;
  const headers: (string | number)[] = [];
  for (const name in reply.headers) headers.push(name, reply.headers[name]!);
  headers.push('content-length', typeof body === 'string' ? Buffer.byteLength(body) : body.length);
  headers.push('x-request-id', id);
  if (close) headers.push('connection', 'close');
  response.writeHead(reply.status, headers as unknown as string[]);
  // One byte is one character of latin1, so these are the very bytes, and Node joins header and body in one write.
  if (typeof body !== 'string' && body.length <= joinedLimit) response.end(latin1(body), 'latin1');
  else response.end(body);
  if (!request.complete) linger(request);
}

// Closing at once would reset the connection, and the client would see that instead of the reply. So the rest of the
// upload is read and thrown away, for a while.
function linger(request: IncomingMessage): void {
  request.resume();
  const timer = setTimeout(() => request.destroy(), lingerMs);
  request.once('close', () => clearTimeout(timer));
}

function latin1(body: Uint8Array): string {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.toString('latin1');
}
