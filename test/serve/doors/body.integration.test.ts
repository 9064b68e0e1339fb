import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openDoor } from './opened.ts';
import { exchange, RawClient } from './raw-client.ts';

interface Answer {
  readonly error?: { readonly code: string };
  readonly predictions?: unknown;
}

const post = 'POST /predict HTTP/1.1\r\nHost: a\r\n';
const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`;

async function send(url: string, body: Uint8Array | string, headers: Record<string, string> = {}) {
  const reply = await fetch(`${url}/predict`, { method: 'POST', body: Buffer.from(body), headers });
  return { status: reply.status, headers: reply.headers, body: (await reply.json()) as Answer };
}

describe('size', () => {
  it('up to the limit is read, one byte more is refused', async () => {
    const { url } = await openDoor({ maxBodyBytes: 1000 });
    const body = (size: number) => `{"x": [[1, 2]]}${' '.repeat(size - 15)}`;
    expect((await send(url, body(1000))).status).toBe(200);
    expect(await send(url, body(1001))).toMatchObject({
      status: 413,
      body: { error: { code: 'BODY_TOO_LARGE', message: expect.stringContaining('limit of 1000 bytes') } },
    });
  });

  it('is refused before the body comes when it is announced', async () => {
    const { port } = await openDoor({ maxBodyBytes: 1000 });
    expect((await exchange(port, `${post}Content-Length: 99999999999999999999\r\n\r\n`))?.status).toBe(400);
    expect((await exchange(port, `${post}Content-Length: 100000000\r\n\r\n`))?.status).toBe(413);
  });

  it('is counted while it comes when it is not', async () => {
    const { port } = await openDoor({ maxBodyBytes: 1000 });
    const reply = await exchange(
      port,
      `${chunked}258\r\n${' '.repeat(600)}\r\n258\r\n${' '.repeat(600)}\r\n`,
    );
    expect(reply?.status).toBe(413);
  });

  it.each([
    ['announced', { 'content-length': '100000000' }],
    ['in chunks', {}],
  ])('100 MB, %s: the client reads why, and the memory stays', async (_, headers) => {
    const { port, url } = await openDoor({ maxBodyBytes: 1024 * 1024 });
    const before = process.memoryUsage.rss();
    const status = await upload(port, headers);
    expect(status).toBe(413);
    expect(process.memoryUsage.rss() - before).toBeLessThan(80e6);
    expect((await send(url, '[1, 2]')).status).toBe(200);
  });

  it.each([
    ['', 'ready', 'keep-alive'],
    [', at the end of the server', 'draining', 'close'],
    [', kept back until then', 'ready', 'close', 'Expect: 100-continue\r\n'],
  ] as const)('a client that writes all of it slowly before it reads reads why%s', async (...given) => {
    const [, state, connection, expecting = ''] = given;
    const { port, house } = await openDoor({ maxBodyBytes: 1000 });
    house.state = state;
    const client = await RawClient.open(port);
    client.send(`${post}${expecting}Content-Length: 25000000\r\n\r\n`);
    client.socket.pause();
    for (let sent = 0; sent < 25; sent++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await new Promise((resolve) => client.socket.write(Buffer.alloc(1_000_000, 32), resolve));
    }
    client.socket.resume();
    expect(await client.reply()).toMatchObject({ status: 413, headers: { connection } });
    client.destroy();
  });

  it('a client that keeps the rest back is cut off', async () => {
    const { port } = await openDoor({ maxBodyBytes: 1000 });
    const client = await RawClient.open(port);
    client.send(`${post}Content-Length: 100000000\r\n\r\n`);
    expect((await client.reply())?.status).toBe(413);
    await client.closed;
  });

  it('the connection of a refused upload that is read to its end serves on', async () => {
    const { port } = await openDoor({ maxBodyBytes: 1000 });
    const client = await RawClient.open(port);
    client.send(`${post}Content-Length: 2000\r\n\r\n${' '.repeat(2000)}`);
    expect((await client.reply())?.status).toBe(413);
    client.send(`${post}Content-Length: 6\r\n\r\n[1, 2]`);
    expect((await client.reply())?.status).toBe(200);
    client.destroy();
  });
});

describe('Expect: 100-continue', () => {
  it('is told to go on, then answered', async () => {
    const { port } = await openDoor();
    const client = await RawClient.open(port);
    client.send(`${post}Expect: 100-continue\r\nContent-Length: 6\r\n\r\n`);
    expect((await client.reply())?.status).toBe(100);
    client.send('[1, 2]');
    expect((await client.reply())?.status).toBe(200);
    client.destroy();
  });

  it('is refused without an upload, and the connection with it', async () => {
    const { port } = await openDoor({ maxBodyBytes: 1000 });
    const client = await RawClient.open(port);
    client.send(`${post}Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n`);
    expect(await client.reply()).toMatchObject({ status: 413, headers: { connection: 'close' } });
    await client.closed;
  });
});

describe('pieces', () => {
  it('65,537 chunks of a byte are refused', async () => {
    const { port } = await openDoor();
    const reply = await exchange(port, `${chunked}${'1\r\n \r\n'.repeat(65_537)}0\r\n\r\n`);
    expect(reply?.status).toBe(400);
    expect(JSON.parse(reply!.body).error).toMatchObject({
      code: 'BODY_MALFORMED',
      message: 'The request body is not valid HTTP body: it came in more than 65536 tiny pieces.',
    });
  });

  it('as many of a useful size are not', async () => {
    const { port } = await openDoor({ maxBodyBytes: 20 * 1024 * 1024 });
    const piece = `a0\r\n${' '.repeat(160)}\r\n`;
    const reply = await exchange(port, `${chunked}6\r\n[1, 2]\r\n${piece.repeat(70_000)}0\r\n\r\n`);
    expect(reply?.status).toBe(200);
  });
});

describe('gzip and deflate', () => {
  it.each(['gzip', 'x-gzip', 'GZIP', 'identity'])('%s is undone', async (encoding) => {
    const { url } = await openDoor();
    const body = encoding === 'identity' ? '[1, 2]' : gzipSync('[1, 2]');
    expect(await send(url, body, { 'content-encoding': encoding })).toMatchObject({
      status: 200,
      body: { predictions: [1, 2] },
    });
  });

  it('several members in one body count as one', async () => {
    const { url } = await openDoor();
    const body = Buffer.concat([gzipSync('[1, '), gzipSync('2]')]);
    expect((await send(url, body, { 'content-encoding': 'gzip' })).status).toBe(200);
  });

  it('deflate is undone, with the same limit and the same refusals', async () => {
    const { url } = await openDoor();
    const headers = { 'content-encoding': 'deflate' };
    expect(await send(url, deflateSync('[1, 2]'), headers)).toMatchObject({
      status: 200,
      body: { predictions: [1, 2] },
    });
    expect((await send(url, deflateSync(Buffer.alloc(20 * 1024 * 1024)), headers)).status).toBe(413);
    for (const body of [deflateSync('[1, 2]').subarray(0, 9), gzipSync('[1, 2]'), '[1, 2]'])
      expect(await send(url, body, headers)).toMatchObject({
        status: 400,
        body: { error: { code: 'BODY_MALFORMED', message: expect.stringContaining('valid deflate') } },
      });
  });

  it.each([
    ['no gzip', Buffer.from('[1, 2]'), 400, 'BODY_MALFORMED'],
    ['an empty body', Buffer.alloc(0), 400, 'BODY_MALFORMED'],
    ['a cut end', gzipSync('[1, 2]').subarray(0, 15), 400, 'BODY_MALFORMED'],
    ['a wrong checksum', flipped(gzipSync('[1, 2]')), 400, 'BODY_MALFORMED'],
    ['a bomb', gzipSync(Buffer.alloc(20 * 1024 * 1024)), 413, 'BODY_TOO_LARGE'],
    ['a bomb in a bomb', gzipSync(gzipSync(Buffer.alloc(20 * 1024 * 1024))), 400, 'BODY_MALFORMED'],
  ])('%s is refused', async (_, body, status, code) => {
    const { url, runs } = await openDoor();
    const reply = await send(url, body, { 'content-encoding': 'gzip' });
    expect(reply).toMatchObject({ status, body: { error: { code } } });
    expect(runs).toEqual([]);
  });

  it.each(['br', 'compress', 'zstd', 'gzip, gzip', 'aws-chunked'])('%s is not spoken', async (encoding) => {
    const { url } = await openDoor();
    expect(await send(url, '[1, 2]', { 'content-encoding': encoding })).toMatchObject({
      status: 415,
      body: { error: { code: 'ENCODING_UNSUPPORTED', received: encoding } },
    });
  });
});

describe('JSON depth', () => {
  it.each([10_000, 1_000_000])('%d levels are refused at once', async (depth) => {
    const { url } = await openDoor({ maxBodyBytes: 4 * 1024 * 1024 });
    const begun = performance.now();
    expect((await send(url, '['.repeat(depth) + ']'.repeat(depth))).status).toBe(400);
    expect((await send(url, `${'{"x":'.repeat(depth / 2)}1${'}'.repeat(depth / 2)}`)).status).toBe(400);
    expect(performance.now() - begun).toBeLessThan(1500);
  });
});

describe('a client that goes away', () => {
  it('in the middle of its upload costs nothing', async () => {
    const { port, url, runs, lines } = await openDoor();
    const client = await RawClient.open(port);
    client.send(`${post}Content-Length: 1000\r\n\r\n[1, `);
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.destroy();
    await client.closed;
    expect((await send(url, '[1, 2]')).status).toBe(200);
    expect(runs).toHaveLength(1);
    expect(lines.filter((line) => line.msg !== 'request')).toEqual([]);
  });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 6]! ^= 0xff;
  return copy;
}

/** Sends 100 MB as Node's own client does; the status it reads. */
async function upload(port: number, headers: Record<string, string>): Promise<number | undefined> {
  const agent = new Agent();
  const call = request({ port, host: '127.0.0.1', path: '/predict', method: 'POST', headers, agent });
  const replied = new Promise<IncomingMessage>((resolve, reject) => {
    call.on('response', resolve);
    call.on('error', reject);
  });
  const piece = Buffer.alloc(1024 * 1024, 32);
  let isDone = false;
  replied.then(
    () => {
      isDone = true;
    },
    () => {
      isDone = true;
    },
  );
  for (let sent = 0; sent < 100_000_000 && !isDone; sent += piece.length) {
    const rest = Math.min(piece.length, 100_000_000 - sent);
    if (!call.write(rest === piece.length ? piece : piece.subarray(0, rest))) {
      await Promise.race([new Promise((resolve) => call.once('drain', resolve)), replied]);
    }
  }
  const reply = await replied;
  expect(JSON.parse(await text(reply)).error.code).toBe('BODY_TOO_LARGE');
  call.destroy();
  agent.destroy();
  return reply.statusCode;
}
