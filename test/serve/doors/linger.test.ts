import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { linger } from '../../../src/serve/doors/linger.ts';

const limits = { totalMs: 1000, quietMs: 100, bytes: 50 };

function upload(): { stream: PassThrough; request: IncomingMessage } {
  const stream = new PassThrough();
  return { stream, request: stream as unknown as IncomingMessage };
}

describe('linger', () => {
  it('reads to the end and leaves no timer', async () => {
    vi.useFakeTimers();
    const { stream, request } = upload();
    const over = linger(request, limits);
    stream.write('x'.repeat(50));
    stream.end();
    await over;
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('holds nothing of what it reads', async () => {
    const { stream, request } = upload();
    const over = linger(request, { ...limits, bytes: 1e9 });
    for (let sent = 0; sent < 50; sent++) {
      if (!stream.write(Buffer.alloc(1_000_000)))
        await new Promise((resolve) => stream.once('drain', resolve));
    }
    expect(stream.readableLength + stream.writableLength).toBeLessThan(2_000_001);
    stream.end();
    await over;
  });

  it.each([
    ['a byte more than it may', { totalMs: 60_000, quietMs: 60_000, bytes: 50 }, 51],
    ['silence', { totalMs: 60_000, quietMs: 50, bytes: 50 }, 0],
    ['drops for ever', { totalMs: 100, quietMs: 60_000, bytes: 1e9 }, 1],
  ])('%s ends it', async (_, given, size) => {
    const { stream, request } = upload();
    const over = linger(request, given);
    const drops = setInterval(() => stream.write(Buffer.alloc(size)), 10);
    await over;
    clearInterval(drops);
    expect(stream.destroyed).toBe(true);
  });

  it('a client that keeps on sending is not quiet', async () => {
    const { stream, request } = upload();
    const over = linger(request, { totalMs: 60_000, quietMs: 300, bytes: 1000 });
    for (let sent = 0; sent < 10; sent++) {
      stream.write('x');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(stream.destroyed).toBe(false);
    stream.end();
    await over;
  });
});
