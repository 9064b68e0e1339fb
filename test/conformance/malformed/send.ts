import { type ClientHttp2Session, connect } from 'node:http2';
import { status as codes } from '@grpc/grpc-js';
import { RawClient } from '../../serve/doors/raw-client.ts';
import type { ErrorText, GrpcEntry, RestEntry } from './entries.ts';
import type { Started } from './servers.ts';

/** What is wrong with how a server refused; undefined when nothing is. */
export async function complaint(entry: RestEntry, { port }: Started): Promise<string | undefined> {
  const client = await RawClient.open(port);
  // A busy machine may need its time for a bomb.
  const reply = await client.send(entry.bytes()).reply({ ms: 20_000 });
  client.destroy();
  if (!reply) return `no reply, expected ${entry.status}`;
  const shown = reply.body.slice(0, 200);
  if (reply.status !== entry.status) return `${reply.status}, expected ${entry.status}: ${shown}`;
  if (entry.text !== 'none' && !isWorded(reply.body, entry.text))
    return `no text at "${entry.text}": ${shown}`;
  return leaks.test(reply.body) ? `it tells of the machine: ${shown}` : undefined;
}

/** The same for a call over gRPC. */
export async function grpcComplaint(
  entry: GrpcEntry,
  session: ClientHttp2Session,
): Promise<string | undefined> {
  const { code, details } = await call(entry, session);
  if (code !== entry.code) return `${code}, expected ${entry.code}: ${details.slice(0, 200)}`;
  if (code !== 'OK' && details.length < 4) return `no words: "${details}"`;
  return leaks.test(details) ? `it tells of the machine: ${details}` : undefined;
}

export function openSession(address: string): ClientHttp2Session {
  const session = connect(`http://${address}`);
  // A connection that a refusal has closed shows in the calls on it.
  session.on('error', () => undefined);
  return session;
}

function isWorded(body: string, at: ErrorText): boolean {
  let value: unknown = JSON.parse(body);
  for (const key of at.split('.')) value = (value as Record<string, unknown>)?.[key];
  return typeof value === 'string' && value.length > 5;
}

function call({ path, frame, headers = {} }: GrpcEntry, session: ClientHttp2Session) {
  return new Promise<{ code: string; details: string }>((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let found: Record<string, unknown> = {};
    const take = (given: Record<string, unknown>) => {
      if (given['grpc-status'] !== undefined) found = given;
    };
    stream
      .on('response', take)
      .on('trailers', take)
      .on('error', () => undefined);
    stream.on('close', () => {
      const number = found['grpc-status'];
      const code =
        number === undefined ? `none (HTTP/2 ${stream.rstCode})` : (codes[Number(number)] ?? String(number));
      resolve({ code, details: decodeURIComponent(String(found['grpc-message'] ?? '')) });
    });
    stream.resume();
    stream.end(frame());
  });
}

const leaks = /\/work\/|\/home\/|\/tmp\/|node:|node_modules|\.ts:\d|\n\s+at /;
