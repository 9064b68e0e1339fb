import type { Metadata } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { ResponseCache } from '../../src/runtime/response-cache.ts';
import { withCrossOrigin } from '../../src/serve/cross-origin.ts';
import type { House } from '../../src/serve/house.ts';
import { ModelInferRequest } from '../../src/serve/proto/open-inference.gen.ts';
import { kserve } from '../../src/serve/protocols/kserve.ts';
import { type DoorOptions, openDoor } from './doors/opened.ts';
import { inferMethod, oneRow, openGrpcWith } from './doors/opened-grpc.ts';
import type { GrpcClient } from './grpc-client.ts';

const all = ['decode', 'prepare', 'queue', 'run', 'finish', 'encode'];
const asked = '{"instances":[[1,2]]}';

async function opened(options: DoorOptions = {}, cache?: ResponseCache) {
  const { url, house, version } = await openDoor({ protocols: [kserve], ...options });
  await house.repository.add({ ...version, tellsTiming: true, ...(cache && { cache }) });
  const post = (body: string, name = 'echo') =>
    fetch(`${url}/v1/models/${name}:predict`, { method: 'POST', body });
  return { post, house };
}

/** Milliseconds by part; every part has the form that browsers read. */
function partsOf(header: string | null): Record<string, number> {
  const parts = header!.split(', ').map((part) => /^(\w+)(?:;desc=\w+)?;dur=(\d+\.\d{3})$/.exec(part)!);
  return Object.fromEntries(parts.map(([, name, ms]) => [name, Number(ms)]));
}

describe('a REST reply', () => {
  test('tells each part of the road in its order, and the whole', async () => {
    const { post } = await opened();
    const response = await post(asked);
    const parts = partsOf(response.headers.get('server-timing'));
    expect(Object.keys(parts)).toEqual([...all, 'total']);
    const { total = 0, ...laps } = parts;
    // Each is rounded to a microsecond.
    expect(Object.values(laps).reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(total + 0.004);
    expect(response.headers.get('timing-allow-origin')).toBeNull();
  });

  test('tells how long the model took', async () => {
    const run: DoorOptions['run'] = async ([x]) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return [{ ...x!, name: 'y' }];
    };
    const { post } = await opened({ run });
    const { run: ms, total } = partsOf((await post(asked)).headers.get('server-timing'));
    expect(ms).toBeGreaterThanOrEqual(19);
    expect(total).toBeGreaterThanOrEqual(ms!);
  });

  test('of a model that is not asked to says nothing', async () => {
    const { url } = await openDoor({ protocols: [kserve] });
    const response = await fetch(`${url}/v1/models/echo:predict`, { method: 'POST', body: asked });
    expect(response.status).toBe(200);
    expect(response.headers.get('server-timing')).toBeNull();
  });

  test('that refuses tells as far as the request came; without a model, nothing', async () => {
    const { post } = await opened();
    const misshapen = await post('{"instances":[[1,2,3]]}');
    expect(misshapen.status).toBe(400);
    expect(Object.keys(partsOf(misshapen.headers.get('server-timing')))).toEqual(['decode', 'total']);
    const { post: broken } = await opened({ run: () => Promise.reject(new Error('broken')) });
    const failed = await broken(asked);
    expect(failed.status).toBe(500);
    const parts = partsOf(failed.headers.get('server-timing'));
    expect(Object.keys(parts)).toEqual(['decode', 'prepare', 'queue', 'total']);
    expect((await post(asked, 'nobody')).headers.get('server-timing')).toBeNull();
  });

  test('tells whether its answer was known', async () => {
    const { post } = await opened({}, new ResponseCache(1e6));
    const timing = async () => (await post(asked)).headers.get('server-timing')!;
    const [first, second] = [await timing(), await timing()];
    expect(Object.keys(partsOf(first))).toEqual([...all, 'cache', 'total']);
    expect(first).toContain('cache;desc=miss;dur=');
    expect(Object.keys(partsOf(second))).toEqual(['decode', 'prepare', 'finish', 'encode', 'cache', 'total']);
    expect(second).toContain('cache;desc=hit;dur=');
  });

  test('may be read with its times by pages that may read it', async () => {
    const { post } = await opened({ protocols: [withCrossOrigin(kserve)] });
    const response = await post(asked);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('timing-allow-origin')).toBe('*');
    expect(Object.keys(partsOf(response.headers.get('server-timing')))).toEqual([...all, 'total']);
  });
});

describe('a gRPC reply', () => {
  test('has the same as a trailer', async () => {
    const { client, house } = await openGrpcWith();
    expect((await trailersOf(client)).get('server-timing')).toEqual([]);
    await tellTiming(house);
    const [value] = (await trailersOf(client)).get('server-timing');
    expect(Object.keys(partsOf(String(value)))).toEqual([...all, 'total']);
  });

  test('that is an error has it, too', async () => {
    const { client, house } = await openGrpcWith({ run: () => Promise.reject(new Error('broken')) });
    await tellTiming(house);
    const { metadata } = await client.refusal(inferMethod, oneRow);
    const parts = partsOf(String(metadata.get('server-timing')[0]));
    expect(Object.keys(parts)).toEqual(['decode', 'prepare', 'queue', 'total']);
  });
});

async function tellTiming({ repository }: House): Promise<void> {
  await repository.add({ ...repository.loaded()[0]!, tellsTiming: true });
}

function trailersOf(client: GrpcClient): Promise<Metadata> {
  const body = Buffer.from(
    ModelInferRequest.encode({
      modelName: 'echo',
      inputs: [
        {
          name: 'x',
          datatype: 'FP32',
          shape: BigInt64Array.of(1n, 2n),
          contents: { fp32Contents: Float32Array.of(1, 2) },
        },
      ],
    }),
  );
  const asIs = (bytes: Buffer) => bytes;
  return new Promise((resolve, reject) => {
    client.raw
      .makeUnaryRequest(`/${inferMethod}`, asIs, asIs, body, (error) => error && reject(error))
      .on('status', ({ metadata }) => resolve(metadata));
  });
}
