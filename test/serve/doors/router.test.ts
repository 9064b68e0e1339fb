import { describe, expect, it } from 'vitest';
import { Router } from '../../../src/serve/doors/router.ts';
import type { Protocol, Route } from '../../../src/serve/protocol.ts';

function info(method: 'GET' | 'POST' | 'OPTIONS', path: string): Route {
  return { kind: 'info', method, path, api: path, answer: () => ({ status: 200, headers: {}, body: '' }) };
}

function protocol(name: string, routes: Route[], owns?: string): Protocol {
  const encodeError = () => ({ status: 500, headers: {}, body: name });
  return { name, routes, encodeError, ...(owns !== undefined && { owns }) };
}

const own = protocol('own', [info('GET', '/healthz')]);
const models = protocol(
  'models',
  [info('GET', '/v1/models/:name'), info('POST', '/v1/models/:name'), info('OPTIONS', '/v1/*')],
  '/v1/',
);
const router = new Router([own, models], own);

function found(method: string, path: string) {
  const match = router.match(method, path);
  if ('error' in match) throw match.error;
  return match;
}

function refused(method: string, path: string) {
  const match = router.match(method, path);
  if (!('error' in match)) throw new Error(`${method} ${path} was found`);
  return { code: match.error.code, protocol: match.protocol.name, allowed: match.error.details.expected };
}

describe('Router', () => {
  it('finds the route, its protocol and its parameters', () => {
    expect(found('GET', '/v1/models/iris')).toMatchObject({ protocol: models, params: { name: 'iris' } });
    expect(found('GET', '/healthz').route.path).toBe('/healthz');
    expect(found('HEAD', '/healthz').route.method).toBe('GET');
    expect(found('GET', '/healthz/').route.path).toBe('/healthz');
  });

  it.each([
    ['a%2fb', 'a/b'],
    ['a%20b', 'a b'],
    ['%252e', '%2e'],
    ['%E6%97%A5', '日'],
    ['__proto__', '__proto__'],
    [encodeURIComponent('日'.repeat(128)), '日'.repeat(128)],
  ])('decodes %s once', (written, name) => {
    expect(found('GET', `/v1/models/${written}`).params.name).toBe(name);
  });

  it.each([
    ['GET', '/nothing', 'ROUTE_NOT_FOUND', 'own', undefined],
    ['GET', '/v1/nothing/at/all', 'METHOD_NOT_ALLOWED', 'models', 'OPTIONS'],
    ['DELETE', '/v1/models/iris', 'METHOD_NOT_ALLOWED', 'models', 'GET, POST, OPTIONS'],
    ['POST', '/healthz', 'METHOD_NOT_ALLOWED', 'own', 'GET'],
    ['BREW', '/healthz', 'METHOD_NOT_ALLOWED', 'own', 'GET'],
    ['GET', '/%zz', 'ROUTE_NOT_FOUND', 'own', undefined],
    ['GET', '*', 'ROUTE_NOT_FOUND', 'own', undefined],
    ['GET', '', 'ROUTE_NOT_FOUND', 'own', undefined],
    ['GET', '/v1', 'ROUTE_NOT_FOUND', 'own', undefined],
  ])('%s %s: %s by %s', (method, path, code, by, allowed) => {
    expect(refused(method, path)).toEqual({ code, protocol: by, allowed });
  });

  it('a path that is named is not a parameter of another method', () => {
    const exact = protocol('exact', [info('POST', '/models/:name/invoke'), info('GET', '/models/stats')]);
    const wide = protocol('wide', [
      info('GET', '/models/:name'),
      info('GET', '/models/:name/:version'),
      info('OPTIONS', '/models/:model/:version'),
    ]);
    for (const protocols of [
      [exact, wide],
      [wide, exact],
    ]) {
      const both = new Router(protocols, own);
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE'])
        expect(both.match(method, '/models/iris/invoke')).toMatchObject({
          protocol: exact,
          error: { code: 'METHOD_NOT_ALLOWED', details: { expected: 'POST' } },
        });
      expect(both.match('POST', '/models/iris/invoke')).toMatchObject({
        route: { path: '/models/:name/invoke' },
      });
      expect(both.match('GET', '/models/iris/2')).toMatchObject({ params: { name: 'iris', version: '2' } });
      expect(both.match('OPTIONS', '/models/iris/2')).toMatchObject({
        params: { model: 'iris', version: '2' },
      });
      expect(both.match('GET', '/models/stats')).toMatchObject({ protocol: exact });
      expect(both.match('GET', '/models/iris')).toMatchObject({ protocol: wide });
    }
  });

  it('does not look into names that are too long', () => {
    expect(refused('GET', `/v1/models/${'a'.repeat(2000)}`).allowed).toBe('OPTIONS');
  });
});
