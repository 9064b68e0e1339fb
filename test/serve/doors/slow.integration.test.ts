import { describe, expect, it } from 'vitest';
import { openDoor } from './opened.ts';
import { RawClient } from './raw-client.ts';

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
});
