import { createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { Tensor } from '../../../src/core/tensor.ts';
import { openHttpDoor } from '../../../src/serve/doors/http.ts';
import { parseExposition, seriesValue } from '../../observability/exposition.ts';
import { openDoor } from './opened.ts';
import { exchange, predict, RawClient } from './raw-client.ts';

/** Runs that end when told. */
function gate() {
  const waiting: (() => void)[] = [];
  const run = (inputs: readonly Tensor[]) =>
    new Promise<Tensor[]>((resolve) => {
      waiting.push(() => resolve([{ ...inputs[0]!, name: 'y' }]));
    });
  const open = () => {
    for (const end of waiting.splice(0)) end();
  };
  return { run, waiting, open };
}

describe('readiness', () => {
  it('before the model is loaded nothing is inferred, and it says so', async () => {
    const { url, house, runs } = await openDoor();
    house.state = 'starting';
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    for (const path of ['/predict', '/v1/models/echo:predict']) {
      const reply = await fetch(url + path, { method: 'POST', body: '[[1, 2]]' });
      expect(reply.status).toBe(503);
      expect(await reply.text()).toContain('is not ready');
    }
    expect(runs).toEqual([]);
    house.state = 'ready';
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('while draining requests are answered, readiness fails and connections end', async () => {
    const { url, house, port } = await openDoor();
    house.state = 'draining';
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }]);
    const reply = await exchange(port, predict('[1, 2]'));
    expect(reply).toMatchObject({ status: 200, headers: { connection: 'close' } });
  });

  it('an engine that died fails both probes: only a restart helps', async () => {
    const { url } = await openDoor({ isBroken: () => true });
    for (const path of ['/readyz', '/healthz']) {
      const reply = await fetch(url + path);
      expect([reply.status, await reply.json()]).toEqual([503, { status: 'broken' }]);
    }
  });
});

describe('overload', () => {
  it('a full queue is 503 with the time to come back, in every protocol', async () => {
    const { run, open, waiting } = gate();
    const { url, port, version } = await openDoor({ run, queue: { maxSize: 1, timeoutMs: 5000 } });
    const clients = [await RawClient.open(port), await RawClient.open(port)];
    for (const client of clients) client.send(predict('[1, 2]'));
    await vi.waitFor(() => expect([version.room.running, version.room.waiting]).toEqual([1, 1]));
    for (const path of ['/predict', '/v1/models/echo:predict']) {
      const body = '{"instances": [[1, 2]]}';
      const reply = await fetch(url + path, { method: 'POST', body });
      expect(reply.status).toBe(503);
      expect(reply.headers.get('retry-after')).toBe('1');
      expect(await reply.text()).toContain('is full (1 requests)');
    }
    open();
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    open();
    for (const client of clients) {
      expect((await client.reply())?.status).toBe(200);
      client.destroy();
    }
  });

  it('who waits too long gets 503, who runs too long 504', async () => {
    const { run, open } = gate();
    const { port, version } = await openDoor({ run, timeoutMs: 300, queue: { maxSize: 4, timeoutMs: 100 } });
    const [first, second] = [await RawClient.open(port), await RawClient.open(port)];
    first.send(predict('[1, 2]'));
    await vi.waitFor(() => expect(version.room.running).toBe(1));
    second.send(predict('[1, 2]'));
    expect(await second.reply()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(await first.reply()).toMatchObject({ status: 504 });
    expect(version.room.running).toBe(1);
    open();
    await vi.waitFor(() => expect(version.room.running).toBe(0));
    first.destroy();
    second.destroy();
  });

  it('health and metrics answer meanwhile', async () => {
    const { run, open } = gate();
    const { url, port, version } = await openDoor({ run, queue: { maxSize: 0, timeoutMs: 1000 } });
    const client = await RawClient.open(port);
    client.send(predict('[1, 2]'));
    await vi.waitFor(() => expect(version.room.running).toBe(1));
    for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/'])
      expect((await fetch(url + path)).status, path).toBe(200);
    open();
    expect((await client.reply())?.status).toBe(200);
    client.destroy();
  });

  it.each([1, 3])('%d clients that leave the queue are not inferred for', async (pipelined) => {
    const { run, open } = gate();
    const { port, version, runs, house } = await openDoor({ run });
    const [first, leaver] = [await RawClient.open(port), await RawClient.open(port)];
    first.send(predict('[1, 2]'));
    await vi.waitFor(() => expect(version.room.running).toBe(1));
    leaver.send(predict('[3, 4]').repeat(pipelined));
    await vi.waitFor(() => expect(version.room.waiting).toBe(pipelined));
    leaver.destroy();
    await vi.waitFor(() => expect(version.room.waiting).toBe(0));
    open();
    expect((await first.reply())?.status).toBe(200);
    expect(runs).toHaveLength(1);
    first.destroy();
    const families = parseExposition(await house.metrics.render({ ready: () => true, models: () => [] }));
    expect(seriesValue(families, 'mdeploy_requests_total', { model: 'echo', code: '499' })).toBe(pipelined);
  });
});

describe('closing', () => {
  it('waits for what is in progress, not for who is silent or has sent half a header', async () => {
    const { run, open } = gate();
    const { door, port, version } = await openDoor({ run });
    const [silent, half, busy] = [
      await RawClient.open(port),
      await RawClient.open(port),
      await RawClient.open(port),
    ];
    half.send('GET /healthz HTTP/1.1\r\nHo');
    busy.send(predict('[1, 2]'));
    await vi.waitFor(() => expect(version.room.running).toBe(1));
    const closed = door.close(5000);
    const reply = busy.reply();
    setTimeout(open, 50);
    expect((await reply)?.status).toBe(200);
    expect(await closed).toBe(true);
    await Promise.all([silent.closed, half.closed, busy.closed]);
    await expect(RawClient.open(port)).rejects.toThrow('ECONNREFUSED');
  });

  it('tells when the grace was too short, and ends all the same', async () => {
    const { run, open } = gate();
    const { door, port, version } = await openDoor({ run });
    const client = await RawClient.open(port);
    client.send(predict('[1, 2]'));
    await vi.waitFor(() => expect(version.room.running).toBe(1));
    expect(await door.close(50)).toBe(false);
    await client.closed;
    open();
  });

  it('twice does no harm', async () => {
    const { door } = await openDoor();
    expect(await Promise.all([door.close(100), door.close(100)])).toEqual([true, true]);
  });
});

describe('listening', () => {
  it('a port in use, a privileged or foreign address are told apart', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const { house } = await openDoor();
    const router = { match: () => undefined } as never;
    await expect(openHttpDoor(house, router, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      exit: 3,
      message: `Port ${port} on 127.0.0.1 is already in use.`,
    });
    await expect(openHttpDoor(house, router, { host: '203.0.113.7', port: 0 })).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
      exit: 3,
      message: expect.stringContaining('203.0.113.7'),
    });
    await new Promise((resolve) => taken.close(resolve));
  });
});
