import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RawReply } from '../protocol.ts';
import { beforeClosing, linger } from './linger.ts';

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
  const text = typeof body !== 'string' && body.length <= joinedLimit ? latin1(body) : undefined;
  if (request.complete || !close) {
    if (text === undefined) response.end(body);
    else response.end(text, 'latin1');
    if (!request.complete) void linger(request);
    return;
  }
  // The end of the reply closes the connection; the client has all of it before.
  if (text === undefined) response.write(body);
  else response.write(text, 'latin1');
  // Written now: what the parser finds in the rest of the upload may destroy the connection.
  response.socket?.uncork();
  void linger(request, beforeClosing).then(() => response.end());
}

function latin1(body: Uint8Array): string {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.toString('latin1');
}
