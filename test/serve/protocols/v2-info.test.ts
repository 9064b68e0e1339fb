import { describe, expect, test } from 'vitest';
import { Metrics } from '../../../src/observability/metrics.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { catalogueOf, modelFacts, serverFacts } from '../catalogue.ts';
import { type Asked, sender, shown } from '../send.ts';

const send = sender([v2]);
const catalogue = catalogueOf(
  modelFacts({ version: '2' }),
  modelFacts(),
  modelFacts({ name: 'wine', version: '7', state: 'UNLOADING' }),
);
const get = async (path: string, asked: Asked = {}) =>
  shown(await send('GET', path, { catalogue, ...asked }));
const post = async (path: string, body = '') => shown(await send('POST', path, { catalogue, body }));

describe('health', () => {
  test.each([
    ['ready', 200, 200],
    ['starting', 200, 503],
    ['draining', 200, 503],
    ['broken', 503, 503],
  ] as const)('a server that is %s', async (status, live, ready) => {
    const server = serverFacts(status);
    expect(await get('/v2/health/live', { server })).toEqual({
      status: live,
      document: { live: live === 200 },
    });
    expect(await get('/v2/health/ready', { server })).toEqual({
      status: ready,
      document: { ready: ready === 200 },
    });
  });

  test('of a model, a version, and one that goes', async () => {
    for (const path of ['/v2/models/iris/ready', '/v2/models/iris/versions/1/ready'])
      expect(await get(path)).toEqual({ status: 200, document: { name: 'iris', ready: true } });
    expect(await get('/v2/models/wine/ready')).toEqual({
      status: 503,
      document: { name: 'wine', ready: false },
    });
    expect((await get('/v2/models/iris/ready', { server: serverFacts('draining') })).status).toBe(503);
  });

  test('of what is not there: 404; while the server starts: 503', async () => {
    expect((await get('/v2/models/nope/ready')).status).toBe(404);
    expect((await get('/v2/models/iris/versions/9/ready')).status).toBe(404);
    const starting = await get('/v2/models/iris/ready', {
      server: serverFacts('starting'),
      catalogue: catalogueOf(),
    });
    expect(starting).toMatchObject({
      status: 503,
      document: { error: 'Model "iris" is not ready. Wait until GET /readyz answers 200.' },
    });
  });
});

describe('metadata', () => {
  test('of the server names what is wholly served', async () => {
    expect(await get('/v2')).toEqual({
      status: 200,
      document: {
        name: 'mdeploy',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        extensions: [
          'binary_tensor_data',
          'classification',
          'model_configuration',
          'parameters',
          'statistics',
        ],
      },
    });
  });

  test('of a model', async () => {
    const document = {
      name: 'iris',
      versions: ['2', '1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'X', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 3] }],
    };
    expect(await get('/v2/models/iris')).toEqual({ status: 200, document });
    expect(await get('/v2/models/iris/versions/1')).toEqual({ status: 200, document });
    expect((await get('/v2/models/iris/versions/3')).status).toBe(404);
  });

  test('of tensors without a rank and without axes', async () => {
    const inputs = [
      { name: 'a', datatype: 'BYTES' as const, shape: null },
      { name: 'b', datatype: 'INT8' as const, shape: [] },
    ];
    const facts = catalogueOf(modelFacts({ signature: { inputs, outputs: [] } }));
    expect((await get('/v2/models/iris', { catalogue: facts })).document).toMatchObject({
      inputs: [{ shape: [-1] }, { shape: [] }],
      outputs: [],
    });
  });

  test('lists the models', async () => {
    expect(await get('/v2/models')).toEqual({ status: 200, document: { models: ['iris', 'wine'] } });
  });
});

test('the configuration, in the words of Triton', async () => {
  const inputs = [
    { name: 'a', datatype: 'BYTES' as const, shape: null },
    { name: 'b', datatype: 'INT8' as const, shape: ['batch', 2] },
  ];
  const facts = catalogueOf(modelFacts({ signature: { inputs, outputs: [] } }));
  for (const path of ['/v2/models/iris/config', '/v2/models/iris/versions/1/config']) {
    expect(await get(path, { catalogue: facts })).toEqual({
      status: 200,
      document: {
        name: 'iris',
        platform: 'onnxruntime_onnx',
        backend: 'onnxruntime',
        max_batch_size: 0,
        input: [
          { name: 'a', data_type: 'TYPE_STRING', dims: [-1] },
          { name: 'b', data_type: 'TYPE_INT8', dims: [-1, 2] },
        ],
        output: [],
      },
    });
  }
  expect((await get('/v2/models/nope/config')).status).toBe(404);
});

describe('the repository', () => {
  const rows = [
    { name: 'iris', version: '2', state: 'READY', reason: '' },
    { name: 'iris', version: '1', state: 'READY', reason: '' },
    { name: 'wine', version: '7', state: 'UNLOADING', reason: '' },
  ];

  test.each(['', '{}', '{"ready":false}', '{"ready":null}', '{"other":1}'])(
    'index with the body %j',
    async (body) => {
      expect(await post('/v2/repository/index', body)).toEqual({ status: 200, document: rows });
      expect(await post('/v2/repository/any/index', body)).toEqual({ status: 200, document: rows });
    },
  );

  test('index of what is ready', async () => {
    expect((await post('/v2/repository/index', '{"ready":true}')).document).toEqual(rows.slice(0, 2));
  });

  test.each(['{', '[]', '{"ready":1}', '{"ready":true}{', '['.repeat(100), `{"a":${'['.repeat(100)}`, 'x'])(
    'index with the body %j is refused',
    async (body) => {
      expect(await post('/v2/repository/index', body)).toEqual({
        status: 400,
        document: { error: expect.any(String) },
      });
    },
  );

  test.each(['load', 'unload'])('%s is refused: 501, and how to get there', async (verb) => {
    const { status, document } = await post(`/v2/repository/models/iris/${verb}`, '{"parameters":{}}');
    expect(status).toBe(501);
    expect((document as { error: string }).error).toMatch(
      /oading a model over this port is not supported.* Start the/,
    );
  });
});

describe('statistics', () => {
  const none = { count: 0, ns: 0 };
  const metrics = new Metrics();
  const totals = metrics.totals('iris', '2');
  totals.add(true, 3, 32);
  totals.add(true, 1.5, 1);
  totals.add(false, 2, 1);
  for (const phase of ['decode', 'prepare', 'queue', 'run', 'finish', 'encode'] as const)
    totals.addPhase(phase, 0.25);
  totals.addPhase('decode', 1);
  const server = { ...serverFacts(), metrics };

  test('of a version', async () => {
    expect(await get('/v2/models/iris/versions/2/stats', { server })).toEqual({
      status: 200,
      document: {
        model_stats: [
          {
            name: 'iris',
            version: '2',
            last_inference: totals.lastAt,
            inference_count: 33,
            execution_count: 1,
            inference_stats: {
              success: { count: 2, ns: 4_500_000 },
              fail: { count: 1, ns: 2_000_000 },
              queue: { count: 1, ns: 250_000 },
              compute_input: { count: 1, ns: 1_500_000 },
              compute_infer: { count: 1, ns: 250_000 },
              compute_output: { count: 1, ns: 500_000 },
              cache_hit: none,
              cache_miss: none,
            },
            response_stats: {},
            batch_stats: [],
            memory_usage: [],
          },
        ],
      },
    });
  });

  test('of the response cache, where there is one', async () => {
    const counted = new Metrics();
    const { hits, misses } = counted.totals('iris', '2').recalls();
    Object.assign(hits, { count: 5, ms: 0.5 });
    Object.assign(misses, { count: 2, ms: 0.25 });
    const { document } = await get('/v2/models/iris/versions/2/stats', {
      server: { ...server, metrics: counted },
    });
    expect(document).toMatchObject({
      model_stats: [
        {
          inference_stats: { cache_hit: { count: 5, ns: 500_000 }, cache_miss: { count: 2, ns: 250_000 } },
        },
      ],
    });
  });

  test('of all versions of a model, and of all models', async () => {
    const names = async (path: string) => {
      const { document } = await get(path, { server });
      return (document as { model_stats: { name: string; version: string }[] }).model_stats.map(
        ({ name, version }) => `${name}/${version}`,
      );
    };
    expect(await names('/v2/models/iris/stats')).toEqual(['iris/2', 'iris/1']);
    expect(await names('/v2/models/stats')).toEqual(['iris/2', 'iris/1', 'wine/7']);
    expect((await get('/v2/models/nope/stats', { server })).status).toBe(404);
  });

  test('before the first request everything is zero', async () => {
    const { document } = await get('/v2/models/iris/versions/1/stats', { server });
    expect(document).toMatchObject({
      model_stats: [
        { last_inference: 0, inference_count: 0, inference_stats: { success: none, fail: none } },
      ],
    });
  });
});

describe('what is not there', () => {
  test.each([
    ['GET', '/v2/nothing', 404],
    ['GET', '/v2/models/iris/configuration', 404],
    ['GET', '/v2/systemsharedmemory/status', 404],
    ['POST', '/v2/models/iris/generate', 404],
    ['POST', '/v2/models/iris', 405],
    ['GET', '/v2/models/iris/infer', 405],
    ['PUT', '/v2', 405],
    ['GET', '/v2/repository/index', 405],
  ])('%s %s is %d with a text', async (method, path, status) => {
    expect(shown(await send(method, path, { catalogue }))).toEqual({
      status,
      document: { error: expect.stringContaining(path) },
    });
  });
});
