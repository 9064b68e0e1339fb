import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failure } from '../../../src/core/errors/error.ts';
import type { Protocol } from '../../../src/serve/protocol.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { type OpenedDoor, openDoor } from './opened.ts';
import { exchange, get, host, predict, RawClient } from './raw-client.ts';

describe('faults of ours', () => {
  it('are logged whole and shown as an id', async () => {
    const run = async () => {
      throw failure('ENGINE_FAULT', { name: 'echo', reason: 'secret /etc/passwd' });
    };
    const { port, lines } = await openDoor({ run });
    const reply = await exchange(port, predict('[1, 2]', 'X-Request-Id: r1\r\n'));
    expect(reply?.status).toBe(500);
    expect(JSON.parse(reply!.body).error).toEqual({
      code: 'SERVER_FAULT',
      message: 'The server failed on this request.',
      fix: 'Report request id r1 to whoever runs the server; its log has the cause.',
      request_id: 'r1',
    });
    const error = lines.find((line) => line.code === 'ENGINE_FAULT');
    expect(error).toMatchObject({
      request_id: 'r1',
      path: '/predict',
      msg: expect.stringContaining('secret'),
    });
  });

  it('a protocol that cannot even write its error ends the connection, not the server', async () => {
    const broken: Protocol = {
      name: 'broken',
      routes: [
        {
          kind: 'info',
          method: 'GET',
          path: '/broken',
          api: 'broken',
          answer: () => ({ status: 200, headers: { 'x-bad': 'a\nb' }, body: '' }),
        },
        {
          kind: 'info',
          method: 'GET',
          path: '/worse',
          api: 'worse',
          answer: () => {
            throw new Error('first');
          },
        },
      ],
      encodeError: () => {
        throw new Error('second');
      },
    };
    const { port, url, lines } = await openDoor({ protocols: [plain, broken] });
    for (const path of ['/broken', '/worse']) {
      const client = await RawClient.open(port);
      expect(await client.send(get(path)).reply({ ms: 500 })).toBeUndefined();
      await client.closed;
    }
    expect(lines.filter((line) => line.msg === 'a reply could not be written')).toHaveLength(2);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('names that objects have themselves', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s', async (name) => {
    const { url, runs } = await openDoor();
    for (const path of [`/predict/${name}`, `/v1/models/${name}:predict`, `/v1/models/${name}`]) {
      const method = path.endsWith('predict') || path.startsWith('/predict') ? 'POST' : 'GET';
      const reply = await fetch(url + path, { method, ...(method === 'POST' && { body: '[[1, 2]]' }) });
      expect(reply.status, path).toBe(404);
    }
    const body = `{"${name}": [[1, 2]]}`;
    expect((await fetch(`${url}/predict`, { method: 'POST', body })).status).toBe(400);
    expect(runs).toEqual([]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('are fine for a model and its input', async () => {
    const { url } = await openDoor({ name: '__proto__', input: 'constructor' });
    const body = '{"constructor": [[1, 2]]}';
    expect((await fetch(`${url}/predict`, { method: 'POST', body })).status).toBe(200);
    const rows = '{"instances": [{"constructor": [1, 2]}]}';
    expect((await fetch(`${url}/v1/models/__proto__:predict`, { method: 'POST', body: rows })).status).toBe(
      200,
    );
    expect((await fetch(`${url}/predict/__proto__`, { method: 'POST', body })).status).toBe(200);
  });
});

describe('anything at all', () => {
  it('is never answered with 5xx, a path of this machine or a stack', async () => {
    const opened = await openDoor({ maxBodyBytes: 10_000 });
    const value = fc.jsonValue({ maxDepth: 4 }).map((json) => JSON.stringify(json));
    const body = fc.oneof(
      value,
      value.map((json) => `{"inputs": ${json}}`),
      value.map((json) => `{"instances": ${json}}`),
      value.map((json) => `{"x": ${json}}`),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('[1, 2', '[1, 2]]', '[[1, 2], [3]]', '{"x": [[1, "a"]]}', '[1e999, 2]', '[NaN, null]'),
    );
    const path = fc.constantFrom(
      '/predict',
      '/predict/echo',
      '/predict/x',
      '/v1/models/echo:predict',
      '/v1/x',
    );
    const method = fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'OPTIONS');
    const type = fc.constantFrom(
      'application/json',
      'text/plain',
      'image/png',
      '',
      'a/b; charset=x',
      'x'.repeat(500),
    );
    await fc.assert(
      fc.asyncProperty(method, path, type, body, async (verb, target, contentType, content) => {
        const bytes = Buffer.from(content);
        const head = `${verb} ${target} HTTP/1.1\r\n${host}Content-Type: ${contentType}\r\n`;
        const reply = await exchange(
          opened.port,
          Buffer.concat([Buffer.from(`${head}Content-Length: ${bytes.length}\r\n\r\n`), bytes]),
        );
        expect(reply!.status).toBeLessThan(500);
        if (reply!.status === 200) return;
        expect(reply!.body).not.toMatch(leaks);
      }),
      { numRuns: 300 },
    );
    expect(problems(opened)).toEqual([]);
  });
});

const leaks = /\/work\/|\/home\/|\/tmp\/|node:|node_modules|\.ts:\d|\n\s+at /;

function problems({ lines }: OpenedDoor): unknown[] {
  return lines.filter((line) => line.msg !== 'request');
}
