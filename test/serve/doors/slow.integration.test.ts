import { describe, expect, it } from 'vitest';
import { openDoor } from './opened.ts';
import { get, host, RawClient } from './raw-client.ts';

describe('slow clients', () => {
  it('half a header is cut with 408, while others are served', async () => {
    const { port, url } = await openDoor();
    const client = await RawClient.open(port);
    client.send('GET /healthz HTTP/1.1\r\nHo');
    const begun = performance.now();
    const reply = client.reply({ ms: 15_000 });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await reply)?.status).toBe(408);
    await client.closed;
    expect(performance.now() - begun).toBeLessThan(14_000);
  }, 20_000);

  // The same limits as those of a server, 60 times as strict.
  const limits = {
    headersTimeout: 500,
    requestTimeout: 1000,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 100,
  };
  const post = `POST /predict HTTP/1.1\r\n${host}`;

  it.each([
    ['with a length', `${post}Content-Length: 100\r\n\r\n{"x": [[`, ''],
    ['in chunks', `${post}Transfer-Encoding: chunked\r\n\r\n3\r\n{"x\r\n`, ''],
    ['before its first byte', `${post}Content-Length: 100\r\n\r\n`, ''],
    ['that comes drop by drop', `${post}Content-Length: 10000\r\n\r\n`, ' '],
    ['after an answered request', `${get('/healthz')}${post}Content-Length: 100\r\n\r\n`, ''],
  ])(
    'a body that stalls, %s, is cut with 408, while others are served',
    async (_, bytes, drop) => {
      const { port, url, door, runs, lines } = await openDoor({ limits });
      const client = await RawClient.open(port);
      const begun = performance.now();
      client.send(bytes);
      if (bytes.startsWith('GET')) expect((await client.reply())?.status).toBe(200);
      const drops = setInterval(() => client.send(drop), 50);
      const reply = client.reply({ ms: 30_000 });
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await reply)?.status).toBe(408);
      await client.closed;
      clearInterval(drops);
      expect(performance.now() - begun).toBeGreaterThan(900);
      expect(runs).toEqual([]);
      // Nobody waits for it when the server closes, and it is no fault of the server.
      expect(await door.close(5000)).toBe(true);
      expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    },
    60_000,
  );
});
