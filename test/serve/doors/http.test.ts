import { describe, expect, it } from 'vitest';
import { parseExposition, seriesValue } from '../../observability/exposition.ts';
import { openDoor } from './opened.ts';
import { exchange, get, host, predict, RawClient } from './raw-client.ts';

describe('methods and paths', () => {
  it('HEAD is GET without a body', async () => {
    const { port } = await openDoor();
    const client = await RawClient.open(port);
    const head = await client.send(`HEAD /readyz HTTP/1.1\r\n${host}\r\n`).reply({ head: true });
    const full = await client.send(get('/readyz')).reply();
    expect(head?.status).toBe(200);
    expect(head?.headers['content-length']).toBe(full?.headers['content-length']);
    client.destroy();
  });

  it.each([
    ['DELETE', '/predict', 'POST'],
    ['GET', '/predict', 'POST'],
    ['HEAD', '/predict', 'POST'],
    ['PUT', '/metrics', 'GET'],
    ['POST', '/readyz', 'GET'],
  ])('%s %s is told what the path takes', async (method, path, allow) => {
    const { url } = await openDoor();
    const reply = await fetch(url + path, { method });
    expect(reply.status).toBe(405);
    expect(reply.headers.get('allow')).toBe(allow);
    if (method !== 'HEAD')
      expect(await reply.json()).toMatchObject({ error: { code: 'METHOD_NOT_ALLOWED', expected: allow } });
  });

  it('an unknown path is 404, with the way to all others', async () => {
    const { url, house } = await openDoor();
    const reply = await fetch(`${url}/nothing`);
    expect(reply.status).toBe(404);
    expect(await reply.json()).toMatchObject({
      error: { code: 'ROUTE_NOT_FOUND', fix: 'See GET /openapi.json for every path.' },
    });
    const families = parseExposition(await house.metrics.render({ ready: () => true, models: () => [] }));
    expect(seriesValue(families, 'mdeploy_rejected_total', { api: 'none', code: '404' })).toBe(1);
  });

  it('a path below another protocol’s prefix is refused in its words', async () => {
    const { url } = await openDoor();
    const reply = await fetch(`${url}/v1/nothing`);
    expect(await reply.json()).toEqual({ error: 'Malformed request: GET /v1/nothing' });
  });

  it('a slash at the end and a query change nothing', async () => {
    const { url } = await openDoor();
    for (const path of ['/healthz/', '/healthz?x=1', '/healthz/?x=/&y=%zz'])
      expect((await fetch(url + path)).status, path).toBe(200);
  });
});

describe('connections', () => {
  it('are kept, and answers to pipelined requests keep their order', async () => {
    const { port } = await openDoor();
    const client = await RawClient.open(port);
    client.send(
      predict('[1, 2]') + get('/healthz') + predict('[3, 4]') + get('/nothing') + predict('[5, 6]'),
    );
    const statuses: unknown[] = [];
    for (let index = 0; index < 5; index++) {
      const reply = await client.reply();
      statuses.push(reply?.status === 200 ? JSON.parse(reply.body).predictions : reply?.status);
    }
    expect(statuses).toEqual([[1, 2], undefined, [3, 4], 404, [5, 6]]);
    client.destroy();
  });

  it('close after one request when the client asks, and with HTTP/1.0', async () => {
    const { port } = await openDoor();
    for (const bytes of [get('/healthz', 'Connection: close\r\n'), `GET /healthz HTTP/1.0\r\n${host}\r\n`]) {
      const client = await RawClient.open(port);
      expect((await client.send(bytes).reply())?.status).toBe(200);
      await client.closed;
    }
  });

  it('bodies that no route reads do not disturb the next request', async () => {
    const { port } = await openDoor();
    const client = await RawClient.open(port);
    client.send(`GET /healthz HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello${get('/readyz')}`);
    expect((await client.reply())?.body).toContain('ok');
    expect((await client.reply())?.body).toContain('ready');
    client.destroy();
  });
});

describe('request ids', () => {
  it.each(['abc', 'a.b:c_d-1', 'x'.repeat(64)])('%s comes back', async (id) => {
    const { port, lines } = await openDoor();
    const reply = await exchange(port, get('/healthz', `X-Request-Id: ${id}\r\n`));
    expect(reply?.headers['x-request-id']).toBe(id);
    expect(lines.at(-1)).toMatchObject({ msg: 'request', request_id: id, path: '/healthz', status: 200 });
  });

  it.each(['', 'a b', 'x'.repeat(65), '{"a":1}', 'a\\n', '<script>', 'é'])('%j is replaced', async (id) => {
    const { port } = await openDoor();
    const reply = await exchange(port, Buffer.from(get('/healthz', `X-Request-Id: ${id}\r\n`), 'latin1'));
    expect(reply?.headers['x-request-id']).toMatch(/^[\w-]{8}-[0-9a-z]+$/);
  });

  it('two of them are none, and our own differ', async () => {
    const { port } = await openDoor();
    const seen = new Set<string>();
    for (let index = 0; index < 3; index++) {
      const reply = await exchange(port, get('/healthz', 'X-Request-Id: a\r\nX-Request-Id: b\r\n'));
      seen.add(reply!.headers['x-request-id']!);
    }
    expect(seen.size).toBe(3);
    for (const id of seen) expect(id).toMatch(/^[\w-]{8}-[0-9a-z]+$/);
  });

  it('are in the body of an error', async () => {
    const { port } = await openDoor();
    const reply = await exchange(port, predict('nonsense', 'X-Request-Id: mine\r\n'));
    expect(JSON.parse(reply!.body).error.request_id).toBe('mine');
  });
});

describe('logs', () => {
  it('hold no body, no header and no query, one line each', async () => {
    const { port, lines } = await openDoor();
    const hostile = '/v1/models/a%0d%0a%7b%22level%22%3a1%7d?token=CANARY';
    await exchange(port, get(hostile, 'Authorization: CANARY\r\n'));
    await exchange(port, predict('{"x": "CANARY"}'));
    await exchange(port, predict('[1, 2]', 'X-Request-Id: CANARY CANARY\r\n'));
    expect(lines).toHaveLength(3);
    expect(JSON.stringify(lines)).not.toContain('CANARY');
    expect(lines[0]).toMatchObject({ path: '/v1/models/a%0d%0a%7b%22level%22%3a1%7d', status: 400 });
  });
});
