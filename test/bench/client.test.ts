import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { openClient } from '../../src/bench/client.ts';

let http: Server | undefined;

afterEach(async () => {
  http?.closeAllConnections();
  await new Promise((resolve) => (http ? http.close(resolve) : resolve(undefined)));
  http = undefined;
});

async function listen(listener: RequestListener) {
  http = createServer(listener);
  await new Promise<void>((resolve) => http!.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/predict?x=1`);
}

function client(url: URL, { connections = 1, timeoutMs = 5000 } = {}) {
  const body = { headers: { 'content-type': 'application/json' }, bytes: Buffer.from('[1]') };
  return openClient({ url, body, connections, timeoutMs });
}

test('sends the same request on one connection and gives status, headers and bytes back', async () => {
  const sockets = new Set<unknown>();
  const seen: string[] = [];
  const url = await listen(async (request, response) => {
    sockets.add(request.socket);
    const chunks = await request.toArray();
    seen.push(`${request.method} ${request.url} ${Buffer.concat(chunks)}`);
    response.writeHead(200, { 'x-a': 'b' });
    response.write('{"predic');
    setImmediate(() => response.end('tions":1}'));
  });
  const asked = client(url);
  for (let round = 0; round < 3; round++) {
    const { status, headers, body } = await asked.send();
    expect([status, headers['x-a'], body.toString()]).toEqual([200, 'b', '{"predictions":1}']);
  }
  asked.close();
  expect(sockets.size).toBe(1);
  expect(seen).toEqual(Array(3).fill('POST /predict?x=1 [1]'));
});

test('has no more connections than it was told', async () => {
  const sockets = new Set<unknown>();
  const url = await listen((request, response) => {
    sockets.add(request.socket);
    setTimeout(() => response.end('{}'), 5);
  });
  const asked = client(url, { connections: 2 });
  await Promise.all(Array.from({ length: 6 }, () => asked.send()));
  asked.close();
  expect(sockets.size).toBe(2);
});

describe('what goes wrong is an outcome', () => {
  test('any status', async () => {
    const asked = client(await listen((_, response) => response.writeHead(503).end('full')));
    expect(await asked.send()).toMatchObject({ status: 503, body: Buffer.from('full') });
    asked.close();
  });

  test('nobody there', async () => {
    const url = await listen(() => undefined);
    await new Promise((resolve) => http!.close(resolve));
    http = undefined;
    expect((await client(url).send()).status).toBe('ECONNREFUSED');
  });

  test('no answer in time', async () => {
    const asked = client(await listen(() => undefined), { timeoutMs: 30 });
    expect((await asked.send()).status).toBe('timeout');
    asked.close();
  });

  test('an answer that breaks off', async () => {
    const url = await listen((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
      setTimeout(() => response.socket?.destroy(), 5);
    });
    const asked = client(url);
    expect((await asked.send()).status).toBe('ECONNRESET');
    asked.close();
  });
});

// The race of every keep-alive client: the server has closed, and the word of it is still on its way.
test('a connection that was closed while idle is no fault of the server', async () => {
  let requests = 0;
  const url = await listen((request, response) => {
    requests++;
    const isSecond = requests === 2;
    if (isSecond) request.socket.destroy();
    else response.end('{}');
  });
  const asked = client(url);
  expect([(await asked.send()).status, (await asked.send()).status]).toEqual([200, 200]);
  expect(requests).toBe(3);
  asked.close();
});
