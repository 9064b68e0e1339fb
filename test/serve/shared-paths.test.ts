import { describe, expect, test } from 'vitest';
import { failure } from '../../src/core/errors/error.ts';
import type { Protocol, RawReply, Route } from '../../src/serve/protocol.ts';
import { sharePaths } from '../../src/serve/shared-paths.ts';
import { catalogueOf, rawCall, replyText, serverFacts } from './catalogue.ts';

const json = (document: unknown, status = 200): RawReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(document),
});

function info(answer: () => RawReply, path = '/a', method: 'GET' | 'POST' = 'GET'): Route {
  return { kind: 'info', method, path, api: 'x', answer };
}

function protocol(name: string, ...routes: Route[]): Protocol {
  return { name, routes, encodeError: () => json({}) };
}

const infer = (api: string): Route => ({
  kind: 'infer',
  method: 'POST',
  path: '/a',
  api,
  decode: () => {
    throw failure('SHUTTING_DOWN', {});
  },
});

async function ask(...answers: (() => RawReply)[]): Promise<RawReply> {
  const protocols = answers.map((answer, index) => protocol(`p${index}`, info(answer)));
  const [served] = sharePaths(protocols);
  if (served?.route.kind !== 'info') throw new Error('no info route');
  return served.route.answer(rawCall('/a', ''), catalogueOf(), serverFacts());
}

describe('paths that several protocols have', () => {
  test('a path of one protocol is left as it is', () => {
    const routes = [info(() => json({})), info(() => json({}), '/b'), infer('predict')];
    const one = protocol('one', ...routes);
    expect(sharePaths([one])).toEqual(routes.map((route) => ({ protocol: one, route })));
  });

  test('inference goes to the one listed first', () => {
    const [one, two] = [protocol('one', infer('first')), protocol('two', infer('second'))];
    expect(sharePaths([one, two])).toEqual([{ protocol: one, route: one.routes[0] }]);
    expect(sharePaths([two, one])).toEqual([{ protocol: two, route: two.routes[0] }]);
  });

  test('an inference path is never joined with one that informs', () => {
    const [one, two] = [
      protocol('one', infer('first')),
      protocol(
        'two',
        info(() => json({}), '/a', 'POST'),
      ),
    ];
    expect(sharePaths([one, two])).toEqual([{ protocol: one, route: one.routes[0] }]);
  });

  test('what changes something happens once, in the protocol listed first', async () => {
    for (const method of ['POST', 'PUT', 'DELETE'] as const) {
      const change = (name: string): Route => ({
        kind: 'info',
        method,
        path: '/a',
        api: name,
        answer: () => json({}),
      });
      const [one, two] = [protocol('one', change('first')), protocol('two', change('second'))];
      expect(sharePaths([one, two])).toEqual([{ protocol: one, route: one.routes[0] }]);
    }
  });

  test('a route that is first answers alone, wherever it is listed', () => {
    const usual = [info(() => json({})), info(() => json({}), '/a', 'POST')];
    const [one, three] = [protocol('one', ...usual), protocol('three', ...usual)];
    const first = usual.map((route) => ({ ...route, isFirst: true }) as Route);
    const two = protocol('two', ...first);
    for (const order of [
      [one, two, three],
      [two, one, three],
      [one, three, two],
    ])
      expect(sharePaths(order)).toEqual(first.map((route) => ({ protocol: two, route })));
  });

  test('information has the keys of all, and the first one decides where both have a key', async () => {
    const reply = await ask(
      () => json({ status: [1], name: 'a' }),
      () => json({ name: 'b', ready: true }),
      () => json({ last: null, ready: false }),
    );
    expect(replyText(reply)).toBe('{"status":[1],"name":"a","ready":true,"last":null}\n');
    expect(reply.status).toBe(200);
  });

  test('a key called __proto__ is a key', async () => {
    const reply = await ask(
      () => ({ ...json({}), body: '{"__proto__":1}' }),
      () => json({ b: 2 }),
    );
    expect(replyText(reply)).toBe('{"__proto__":1,"b":2}\n');
  });

  test('one that refuses leaves the answer to the others', async () => {
    const refuse = () => {
      throw failure('REQUEST_INVALID', { problem: 'no', fix: 'yes' });
    };
    expect(replyText(await ask(refuse, () => json({ models: [] })))).toBe('{"models":[]}');
    expect(replyText(await ask(() => json({ models: [] }), refuse))).toBe('{"models":[]}');
    const missing = () => {
      throw failure('MODEL_NOT_FOUND', { name: 'x', models: 'y' });
    };
    await expect(ask(refuse, missing)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  test('an empty reply leaves the words to the next', async () => {
    const blank = (status: number): RawReply => ({ ...json({}, status), body: '\n' });
    const other = json({ status: 'Healthy' });
    expect(
      await ask(
        () => blank(200),
        () => other,
      ),
    ).toEqual(other);
    expect(
      await ask(
        () => blank(503),
        () => other,
      ),
    ).toEqual(blank(503));
  });

  test('a fault of ours is not hidden by the other answer', async () => {
    const fault = () => {
      throw new TypeError('oops');
    };
    await expect(ask(fault, () => json({}))).rejects.toThrow('oops');
    await expect(ask(() => json({}), fault)).rejects.toThrow('oops');
  });

  test('what cannot be joined is the first answer alone', async () => {
    const text: RawReply = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' };
    const empty: RawReply = { status: 200, headers: { 'content-type': 'application/json' }, body: '' };
    for (const other of [text, empty, json([1]), json({ a: 1 }, 503), json(null)])
      expect(
        replyText(
          await ask(
            () => json({ b: 1 }),
            () => other,
          ),
        ),
      ).toBe('{"b":1}');
    expect(
      await ask(
        () => text,
        () => json({}),
      ),
    ).toEqual(text);
  });
});
