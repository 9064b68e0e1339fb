import { describe, expect, it } from 'vitest';
import { openDoor } from './opened.ts';
import { exchange, host, RawClient } from './raw-client.ts';

const json = '{"x": [[1, 2]]}';
const post = `POST /predict HTTP/1.1\r\n${host}`;

/** Name, bytes, the status expected (undefined: closed without a word). */
const refused: [string, string, number][] = [
  [
    'Content-Length and Transfer-Encoding',
    `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ['two lengths that differ', `${post}Content-Length: 3\r\nContent-Length: 4\r\n\r\n[1]`, 400],
  ['a length with a sign', `${post}Content-Length: +3\r\n\r\n[1]`, 400],
  ['a list of lengths', `${post}Content-Length: 3, 3\r\n\r\n[1]`, 400],
  ['a length that is negative', `${post}Content-Length: -1\r\n\r\n`, 400],
  ['an unknown transfer coding', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400],
  ['a transfer coding that is not chunked', `${post}Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n`, 400],
  ['a packed transfer', `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 400],
  ['chunked not at the end', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400],
  ['space in front of the colon', `GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n`, 400],
  ['a folded header', `GET /healthz HTTP/1.1\r\n${host}X: 1\r\n  2\r\n\r\n`, 400],
  ['lines that end with LF alone', 'GET /healthz HTTP/1.1\nHost: a\n\n', 400],
  ['a bare CR in a value', `GET /healthz HTTP/1.1\r\n${host}X: 1\r2\r\n\r\n`, 400],
  ['NUL in a value', `GET /healthz HTTP/1.1\r\n${host}X: 1\x002\r\n\r\n`, 400],
  ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', `GET /healthz HTTP/1.1\r\n${host}Host: b\r\n\r\n`, 400],
  ['two equal Hosts in other case', `GET /healthz HTTP/1.1\r\n${host}HOST: a\r\n\r\n`, 400],
  ['a chunk size beyond all numbers', `${post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`, 400],
  ['LF alone after a chunk size', `${post}Transfer-Encoding: chunked\r\n\r\n3\n[1]\n0\n\n`, 400],
  ['no version of HTTP', 'GET /healthz\r\n\r\n', 400],
  ['HTTP/9.9', `GET /healthz HTTP/9.9\r\n${host}\r\n`, 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['a method in small letters', `get /healthz HTTP/1.1\r\n${host}\r\n`, 400],
  ['a header of 17 KiB', `GET /healthz HTTP/1.1\r\n${host}X: ${'a'.repeat(17 * 1024)}\r\n\r\n`, 431],
  ['2,000 headers', `GET /healthz HTTP/1.1\r\n${host}${'A: bcdefg\r\n'.repeat(2000)}\r\n`, 431],
  [
    'an expectation nobody knows',
    `${post}Expect: the-spanish-inquisition\r\nContent-Length: 3\r\n\r\n[1]`,
    417,
  ],
  ['a target with a user', `GET http://user@a/healthz HTTP/1.1\r\n${host}\r\n`, 400],
  ['a target of another scheme', `GET ftp://a/healthz HTTP/1.1\r\n${host}\r\n`, 400],
  ['a target without a host', `GET http:///healthz HTTP/1.1\r\n${host}\r\n`, 400],
  ['dot segments behind a host', `GET http://a/v1/models/../../etc HTTP/1.1\r\n${host}\r\n`, 400],
  ['dot segments right behind a host', `GET http://a/.. HTTP/1.1\r\n${host}\r\n`, 400],
  ['a fragment behind a host', `GET http://a/healthz#x HTTP/1.1\r\n${host}\r\n`, 400],
  ['a whole target and two Hosts', `GET http://a/healthz HTTP/1.1\r\n${host}Host: a\r\n\r\n`, 400],
  ['a target without a slash', `GET healthz HTTP/1.1\r\n${host}\r\n`, 400],
  ['dot segments', `GET /v1/models/../../etc/passwd HTTP/1.1\r\n${host}\r\n`, 400],
  ['dot segments at the end', `GET /v1/.. HTTP/1.1\r\n${host}\r\n`, 400],
  ['a fragment', `GET /healthz#x HTTP/1.1\r\n${host}\r\n`, 400],
];

describe('framing', () => {
  it('ends a connection whose request had two Hosts', async () => {
    const { port } = await openDoor();
    const reply = await exchange(port, Buffer.from(`GET /healthz HTTP/1.1\r\n${host}Host: b\r\n\r\n`));
    expect(reply?.headers.connection).toBe('close');
  });

  it.each(refused)('refuses %s', async (_, bytes, status) => {
    const { port, runs } = await openDoor();
    const reply = await exchange(port, Buffer.from(bytes, 'latin1'));
    expect(reply?.status).toBe(status);
    expect(runs).toEqual([]);
    // The server is as well as before.
    expect((await exchange(port, `GET /healthz HTTP/1.1\r\n${host}\r\n`))?.status).toBe(200);
  });

  it.each([
    ['two Hosts', `GET /healthz HTTP/1.1\r\n${host}Host: b\r\n\r\n`, 'The request has two Host headers.'],
    [
      'a target with a user',
      `GET http://user@a/healthz HTTP/1.1\r\n${host}\r\n`,
      'The request target is not a path.',
    ],
    ['dot segments', `GET /a/../b HTTP/1.1\r\n${host}\r\n`, 'The path has ".." in it.'],
    ['a fragment', `GET /healthz#x HTTP/1.1\r\n${host}\r\n`, 'The request target has a fragment.'],
  ])('says what is wrong with %s', async (_, bytes, message) => {
    const { port } = await openDoor();
    const reply = await exchange(port, bytes);
    expect(JSON.parse(reply!.body).error).toMatchObject({ code: 'REQUEST_INVALID', message });
  });

  it.each([
    'http://a/predict',
    'HTTPS://a.example:8443/predict?x=http://b/c',
    'http://[::1]:80/predict/',
    'http://another.host/%70redict',
  ])('takes the absolute form %s, whatever host it names', async (target) => {
    const { port, runs } = await openDoor();
    const client = await RawClient.open(port);
    const ask = `POST ${target} HTTP/1.1\r\n${host}Content-Length: ${json.length}\r\n\r\n${json}`;
    expect((await client.send(ask).reply())?.status).toBe(200);
    // The connection is as good as before.
    expect((await client.send(ask).reply())?.status).toBe(200);
    expect(runs).toHaveLength(2);
    client.destroy();
  });

  it('an absolute form without a path is the root', async () => {
    const { port, lines } = await openDoor();
    for (const target of ['http://a', 'http://a/', 'http://a?x=1']) {
      const reply = await exchange(port, `GET ${target} HTTP/1.1\r\n${host}\r\n`);
      const root = await exchange(port, `GET / HTTP/1.1\r\n${host}\r\n`);
      expect(reply?.body, target).toBe(root?.body);
    }
    expect(lines.filter(({ msg }) => msg === 'request').every(({ path }) => path === '/')).toBe(true);
  });

  it('an upgrade to websocket is a plain request', async () => {
    const { port } = await openDoor();
    const upgrade = `GET /healthz HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect((await exchange(port, upgrade))?.status).toBe(200);
  });

  it('CONNECT ends the connection', async () => {
    const { port } = await openDoor();
    const client = await RawClient.open(port);
    client.send(`CONNECT example.org:80 HTTP/1.1\r\n${host}\r\n`);
    expect(await client.reply({ ms: 300 })).toBeUndefined();
  });

  it('a second request hidden behind a refused one is not answered', async () => {
    const { port, runs } = await openDoor();
    const smuggled = `${post}Content-Length: ${json.length}\r\n\r\n${json}`;
    const client = await RawClient.open(port);
    client.send(`${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`);
    expect((await client.reply())?.status).toBe(400);
    expect(await client.reply({ ms: 300 })).toBeUndefined();
    expect(runs).toEqual([]);
  });

  it.each([
    '/v1/models/..%2f..%2fetc%2fpasswd',
    '/v1/models/%2e%2e/metadata',
    '/v1/models/%252e%252e',
    '/v1/models/a%00b',
    '/v1/models/..%5c..%5cwindows',
    '/v1/models/%c0%ae%c0%ae',
    '/v1/models/%zz',
    '/v1/models/%',
    '/v1/models/echo;x=1',
    '/v1/models/echo%23',
    '/v1/models/echo%3f',
    '/v1/models/%E2%88%95etc',
    '/v1/models/__proto__',
    '/v1/models/constructor',
    `/v1/models/${'a'.repeat(8000)}`,
    '//predict',
    '/predict/x/y',
    '/%70redict/%2e%2e',
  ])('%s leads nowhere', async (path) => {
    const { port } = await openDoor();
    const reply = await exchange(port, `GET ${path} HTTP/1.1\r\n${host}\r\n`);
    expect([400, 404, 405]).toContain(reply?.status);
    const posted = await exchange(port, `POST ${path} HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n[]`);
    expect([400, 404, 405]).toContain(posted?.status);
  });
});
