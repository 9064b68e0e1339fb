import { deflateSync, gzipSync } from 'node:zlib';
import { dialects, good } from './dialects.ts';
import { type RestEntry, request } from './entries.ts';

/** Requests whose HTTP is wrong. The limit of a body is 1 MiB. */
export function httpFaults(): RestEntry[] {
  return [
    ...Object.entries(lines).map(([name, [status, head]]) => raw(name, status, () => head)),
    ...Object.entries(framing).map(([name, [status, head, body = '']]) =>
      raw(name, status, () => `POST /predict HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n${body}`),
    ),
    raw('a million chunks of one byte', 400, () =>
      Buffer.concat([Buffer.from(chunked), Buffer.alloc(6_000_000, '1\r\n \r\n')]),
    ),
    raw(
      'one chunk beyond the limit',
      413,
      () => `${chunked}100001\r\n${' '.repeat(2 ** 20 + 1)}\r\n0\r\n\r\n`,
    ),
    ...dialects.flatMap((dialect) =>
      Object.entries(packed).map(([name, { status, coding, body }]): RestEntry => {
        const { server, path, wrap, text } = dialect;
        const headers = { ...dialect.headers, 'Content-Encoding': coding };
        const bytes = () => request(path, body(wrap(good)), { headers });
        return { group: `packed, ${dialect.name}`, name, server, bytes, status, text };
      }),
    ),
  ];
}

// What Node's parser refuses has no words of ours.
function raw(name: string, status: number, bytes: RestEntry['bytes']): RestEntry {
  const text = ours.has(name) ? 'error.message' : oursBelowV1.has(name) ? 'error' : 'none';
  return { group: 'HTTP', name, server: 'all', bytes, status, text };
}

const ours = new Set([
  'two Hosts',
  'two Hosts, the same',
  'a whole URL with a user as the target',
  'a whole URL of another scheme as the target',
  'no version',
  'a fragment',
  'an asterisk',
  'a million chunks of one byte',
  'one chunk beyond the limit',
  'packed on the way',
]);
const oursBelowV1 = new Set(['a path with dots', 'a path that ends in dots']);
const chunked = 'POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const end = ' HTTP/1.1\r\nHost: a\r\n\r\n';

const lines: Readonly<Record<string, readonly [status: number, head: string]>> = {
  'another version': [400, 'GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
  'no version': [400, 'GET /\r\n\r\n'],
  'a method in small letters': [400, `get /predict${end}`],
  'a method that is none': [400, `FETCH /predict${end}`],
  'no target': [400, 'GET  HTTP/1.1\r\nHost: a\r\n\r\n'],
  'a blank in the target': [400, `GET /pre dict${end}`],
  'HTTP/2 on the port of HTTP/1': [400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  'TLS on the plain port': [400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  'no Host': [400, 'GET /predict HTTP/1.1\r\n\r\n'],
  'two Hosts': [400, 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  'two Hosts, the same': [400, 'GET /healthz HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n'],
  'a whole URL with a user as the target': [400, `GET http://user:word@a/healthz${end}`],
  'a whole URL of another scheme as the target': [400, `GET ftp://a/healthz${end}`],
  'a path with dots': [400, `GET /v1/models/../../etc/passwd${end}`],
  'a path that ends in dots': [400, `GET /v1/..${end}`],
  'a fragment': [400, `GET /healthz#x${end}`],
  'line feeds only': [400, 'GET /healthz HTTP/1.1\nHost: a\n\n'],
  'a blank before the colon': [400, 'GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n'],
  'a folded header': [400, 'GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n'],
  'a zero byte in a header': [400, 'GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n'],
  'a carriage return in a header': [400, 'GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: b\rc\r\n\r\n'],
  'a header without a name': [400, 'GET /healthz HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n'],
  'a header without a colon': [400, 'GET /healthz HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n'],
  'a header of 17 KiB': [431, `GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(17 * 1024)}\r\n\r\n`],
  '2,000 headers': [431, `GET /healthz HTTP/1.1\r\nHost: a\r\n${'X-A: bcdefg\r\n'.repeat(2000)}\r\n`],
  'a target of 17 KiB': [431, `GET /${'a'.repeat(17 * 1024)}${end}`],
};

const framing: Readonly<Record<string, readonly [status: number, head: string, body?: string]>> = {
  'a length and chunks': [400, 'Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
  'chunks and a length': [400, 'Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n'],
  'two lengths': [400, 'Content-Length: 2\r\nContent-Length: 3', '{} '],
  'a list of lengths': [400, 'Content-Length: 2, 2', '{}'],
  'a length with a sign': [400, 'Content-Length: +2', '{}'],
  'a length below zero': [400, 'Content-Length: -2', '{}'],
  'a length in hexadecimal': [400, 'Content-Length: 0x2', '{}'],
  'a length with a point': [400, 'Content-Length: 2.0', '{}'],
  'a length beyond 64 bits': [400, 'Content-Length: 99999999999999999999', ''],
  'a length beyond the limit': [413, 'Content-Length: 1048577', ''],
  'a length far beyond the limit': [413, 'Content-Length: 9007199254740991', ''],
  'a length beyond the limit, asking first': [413, 'Content-Length: 1048577\r\nExpect: 100-continue', ''],
  'another expectation': [417, 'Content-Length: 2\r\nExpect: 200-ok', '{}'],
  'another transfer coding': [400, 'Transfer-Encoding: xchunked', '0\r\n\r\n'],
  'chunked, then another coding': [400, 'Transfer-Encoding: chunked, identity', '0\r\n\r\n'],
  'chunked twice': [400, 'Transfer-Encoding: chunked, chunked', '0\r\n\r\n'],
  'packed on the way': [400, 'Transfer-Encoding: gzip, chunked', '0\r\n\r\n'],
  'a chunk without a length': [400, 'Transfer-Encoding: chunked', '\r\n{}\r\n0\r\n\r\n'],
  'a chunk of no number': [400, 'Transfer-Encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n'],
  'a chunk below zero': [400, 'Transfer-Encoding: chunked', '-2\r\n{}\r\n0\r\n\r\n'],
  'a chunk beyond 64 bits': [400, 'Transfer-Encoding: chunked', 'fffffffffffffffff\r\n{}'],
  'a chunk longer than it says': [400, 'Transfer-Encoding: chunked', '2\r\n{}{}\r\n0\r\n\r\n'],
  'a chunk with a line feed': [400, 'Transfer-Encoding: chunked', '2\n{}\n0\n\n'],
  'a chunk with much beside it': [
    413,
    'Transfer-Encoding: chunked',
    `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
  ],
};

interface Packed {
  readonly status: number;
  readonly coding: string;
  body(good: string): Uint8Array | string;
}

const bomb = Buffer.alloc(64 * 2 ** 20, ' ');
const bombs = new Map<string, Buffer>();

function once(name: string, make: () => Buffer): Buffer {
  const made = bombs.get(name) ?? make();
  bombs.set(name, made);
  return made;
}

const packed: Readonly<Record<string, Packed>> = {
  'a gzip bomb of 64 MiB': { status: 413, coding: 'gzip', body: () => once('gzip', () => gzipSync(bomb)) },
  'a deflate bomb of 64 MiB': {
    status: 413,
    coding: 'deflate',
    body: () => once('deflate', () => deflateSync(bomb)),
  },
  'gzip that is none': { status: 400, coding: 'gzip', body: (good) => good },
  'deflate that is none': { status: 400, coding: 'deflate', body: (good) => good },
  'gzip that is nothing': { status: 400, coding: 'gzip', body: () => '' },
  'gzip cut short': { status: 400, coding: 'gzip', body: (good) => gzipSync(good).subarray(0, -9) },
  'gzip with a wrong sum': {
    status: 400,
    coding: 'gzip',
    body: (good) => {
      const bytes = gzipSync(good);
      bytes[bytes.length - 6]! ^= 0xff;
      return bytes;
    },
  },
  brotli: { status: 415, coding: 'br', body: (good) => good },
  'a coding that is none': { status: 415, coding: 'zip', body: (good) => good },
  'two codings': { status: 415, coding: 'gzip, gzip', body: (good) => gzipSync(gzipSync(good)) },
};
