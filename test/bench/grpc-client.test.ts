import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import type { Client } from '../../src/bench/client.ts';
import { openGrpcClient } from '../../src/bench/grpc-client.ts';

type Answer = (call: ServerUnaryCall<Buffer, Buffer>, send: sendUnaryData<Buffer>) => void;

/** A server with one method, and a client of it. */
async function opened(
  answer: Answer,
  load: { connections?: number; streams?: number; timeoutMs?: number } = {},
) {
  const server = new Server();
  const asIs = (bytes: Buffer) => bytes;
  server.register('/a.B/C', answer, asIs, asIs, 'unary');
  const bind = promised<number>((done) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), done),
  );
  const url = new URL(`http://127.0.0.1:${await bind}/a.B/C`);
  onTestFinished(() => server.forceShutdown());
  return { server, client: clientOf(url, load) };
}

function clientOf(url: URL, { connections = 1, streams = 1, timeoutMs = 10_000 }): Client {
  const body = { headers: {}, bytes: Buffer.from('asked') };
  const client = openGrpcClient({ url, body, connections, streams, timeoutMs });
  onTestFinished(() => client.close());
  return client;
}

function promised<T>(start: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))));
}

test('sends the same message and gives the answer back', async () => {
  const { client } = await opened(({ request }, send) => send(null, Buffer.from(`${request}!`)));
  for (let round = 0; round < 3; round++)
    expect(await client.send()).toEqual({ status: 200, headers: {}, body: Buffer.from('asked!') });
});

test.each([
  [1, 1],
  [3, 1],
  [1, 4],
  [2, 3],
])('%i connections have %i calls at a time each, and no more', async (connections, streams) => {
  const byPeer = new Map<string, { now: number; most: number }>();
  const { client } = await opened(
    (call, send) => {
      const peer = byPeer.get(call.getPeer()) ?? { now: 0, most: 0 };
      byPeer.set(call.getPeer(), peer);
      peer.now += 1;
      peer.most = Math.max(peer.most, peer.now);
      setTimeout(() => {
        peer.now -= 1;
        send(null, Buffer.from('ok'));
      }, 5);
    },
    { connections, streams },
  );
  const outcomes = await Promise.all(Array.from({ length: 4 * connections * streams }, () => client.send()));
  expect(new Set(outcomes.map((outcome) => outcome.status))).toEqual(new Set([200]));
  expect([...byPeer.values()].map(({ most }) => most)).toEqual(new Array(connections).fill(streams));
});

test('a refusal has its code and its words', async () => {
  const { client } = await opened((_, send) => send({ code: status.NOT_FOUND, details: 'no such model' }));
  expect(await client.send()).toEqual({
    status: 'NOT_FOUND',
    headers: {},
    body: Buffer.from('no such model'),
  });
});

test('a server that is busy is no server that is gone', async () => {
  const { client } = await opened((_, send) =>
    send({ code: status.UNAVAILABLE, details: 'the queue is full' }),
  );
  expect(await client.send()).toMatchObject({
    status: 'UNAVAILABLE',
    body: Buffer.from('the queue is full'),
  });
});

test('an answer that does not come is a timeout', async () => {
  const { client } = await opened(() => undefined, { timeoutMs: 50 });
  expect(await client.send()).toEqual({ status: 'timeout', headers: {}, body: Buffer.alloc(0) });
});

test('where nothing listens, that is the outcome', async () => {
  const client = clientOf(new URL('http://127.0.0.1:9/a.B/C'), {});
  expect(await client.send()).toEqual({ status: 'ECONNREFUSED', headers: {}, body: Buffer.alloc(0) });
});
