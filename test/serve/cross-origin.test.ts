import { describe, expect, it } from 'vitest';
import { preflights, withCrossOrigin } from '../../src/serve/cross-origin.ts';
import { kserve } from '../../src/serve/protocols/kserve.ts';
import { plain } from '../../src/serve/protocols/plain.ts';
import { protocols } from '../../src/serve/protocols.ts';
import { openDoor } from './doors/opened.ts';

const asked = { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'POST, GET' };
const headersOf = (response: Response) => ({
  'access-control-allow-origin': response.headers.get('access-control-allow-origin'),
  'access-control-allow-methods': response.headers.get('access-control-allow-methods'),
});

describe('withCrossOrigin', () => {
  it.each([
    ['POST', '/v1/models/echo:predict', '{"instances":[[1,2]]}', 200],
    ['POST', '/v1/models/echo:predict', '{"instances":', 400],
    ['POST', '/v1/models/nobody:predict', '{"instances":[[1,2]]}', 404],
    ['GET', '/v1/models/echo', undefined, 200],
    ['GET', '/v1/nothing', undefined, 404],
  ])('lets pages read the answer of %s %s %s: %d', async (method, path, body, status) => {
    const { url } = await openDoor({ protocols: [withCrossOrigin(kserve)] });
    const response = await fetch(url + path, { method, ...(body !== undefined && { body }) });
    expect(response.status).toBe(status);
    expect(headersOf(response)).toEqual(asked);
    expect(response.headers.get('content-type')).toContain('application/json');
  });

  it('is not there unless it is asked for', async () => {
    const { url } = await openDoor({ protocols: [kserve] });
    const response = await fetch(`${url}/v1/models/echo`);
    expect(headersOf(response)['access-control-allow-origin']).toBeNull();
  });
});

describe('preflights', () => {
  const asking = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };

  it('are answered on every path of every protocol', async () => {
    const spoken = await Promise.all(protocols.names.map((name) => protocols.load(name)));
    const opened = spoken.map(withCrossOrigin);
    const { url } = await openDoor({ protocols: [...opened, preflights(spoken, opened[0]!)] });
    const paths = spoken.flatMap(({ routes }) => routes.map(({ path }) => path));
    const concrete = paths.map((path) =>
      path
        .replace(/(?<!:):\w+(?:\([^)]*\))?/g, 'echo')
        .replaceAll('::', ':')
        .replace('*', 'x'),
    );
    expect(concrete).toEqual(expect.arrayContaining(['/predict', '/v1/models/echo:predict', '/v2', '/ping']));
    for (const path of new Set(concrete)) {
      const response = await fetch(url + path, { method: 'OPTIONS', headers: asking });
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  it.each([
    [['plain'], '/predict/echo', ['POST']],
    [['torchserve'], '/models/echo', ['DELETE', 'GET', 'PUT']],
    [['v2', 'sagemaker', 'torchserve'], '/models/echo', ['DELETE', 'GET', 'PUT']],
    [['v2'], '/v2/models/echo/infer', ['POST']],
    [['tfs', 'v2'], '/v1/models/echo:predict', ['GET', 'POST']],
  ] as const)('tell the methods of a path: %j %s', async (names, path, methods) => {
    const spoken = await Promise.all(names.map((name) => protocols.load(name)));
    const { url } = await openDoor({
      protocols: [...spoken.map(withCrossOrigin), preflights(spoken, plain)],
    });
    const { headers } = await fetch(url + path, { method: 'OPTIONS', headers: asking });
    expect(headers.get('access-control-allow-methods')?.split(', ').sort()).toEqual(methods);
  });

  it('leave unknown paths unknown', async () => {
    const { url } = await openDoor({ protocols: [plain, preflights([plain], plain)] });
    expect((await fetch(`${url}/nowhere`, { method: 'OPTIONS', headers: asking })).status).toBe(404);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  });
});
