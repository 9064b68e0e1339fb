import { describe, expect, it } from 'vitest';
import { withCrossOrigin } from '../../src/serve/cross-origin.ts';
import { kserve } from '../../src/serve/protocols/kserve.ts';
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
