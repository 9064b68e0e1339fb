// The few calls of the Docker Engine API that provisioning needs, over a unix socket and without a client program.
import { createReadStream } from 'node:fs';
import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';

export interface DockerReply {
  readonly status: number;
  readonly body: string;
}

export interface DockerCall {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly bodyFile?: string;
  readonly timeoutMs?: number;
}

export async function callDocker(
  socketPath: string,
  path: string,
  call: DockerCall = {},
): Promise<DockerReply> {
  const message = request({ socketPath, path, method: call.method ?? 'GET', headers: { host: 'docker' } });
  message.setTimeout(call.timeoutMs ?? 120_000, () =>
    message.destroy(new Error('the Docker engine did not answer')),
  );
  const reply = new Promise<DockerReply>((resolve, reject) => {
    message.once('error', reject);
    message.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
  });
  if (call.bodyFile === undefined) message.end();
  // A refused upload also rejects `reply`, which says why.
  else await pipeline(createReadStream(call.bodyFile), message).catch(() => undefined);
  return reply;
}

export async function isEngineAnswering(socketPath: string): Promise<boolean> {
  return callDocker(socketPath, '/_ping', { timeoutMs: 3_000 }).then(
    (reply) => reply.status === 200,
    () => false,
  );
}
