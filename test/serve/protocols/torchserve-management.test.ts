import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/manifest/manifest.ts';
import { torchserve } from '../../../src/serve/protocols/torchserve.ts';
import { catalogueOf, modelFacts } from '../catalogue.ts';
import { changeable } from '../noted-changes.ts';
import { sender, shown } from '../send.ts';

const send = sender([torchserve]);
const catalogue = catalogueOf(
  modelFacts({ version: '2' }),
  modelFacts(),
  modelFacts({ name: 'wine', version: '1.4.0' }),
);

/** Status and document of a call that may change what is served, and what it did. */
async function ask(method: string, path: string, body = '') {
  const { server, calls, proofs } = changeable();
  const { status, document } = shown(await send(method, path, { body, server, catalogue }));
  return { status, document: document as Record<string, unknown>, calls, proofs };
}

const processing = { status: 'Processing worker updates...' };
const registered = { status: 'Model "noop" Version: 3 registered with 1 initial workers' };

describe('registering', () => {
  test.each([
    ['/models?url=noop', '', 200, 'Model "iris" Version: 3 registered with 1 initial workers'],
    ['/models?url=noop&model_name=noop', '', 200, registered.status],
    ['/models?url=noop&model_name=noop&initial_workers=0', '', 200, registered.status],
    ['/models?url=noop&model_name=noop&initial_workers=1&synchronous=true', '', 200, registered.status],
    ['/models?url=noop&initial_workers=1&synchronous=false', '', 202, processing.status],
    ['/models?url=noop&initial_workers=1', '', 202, processing.status],
    [
      '/models',
      '{"url":"noop","model_name":"noop","initial_workers":1,"synchronous":true}',
      200,
      registered.status,
    ],
    [
      '/models?model_name=noop',
      '{"url":"noop","batch_size":1,"max_batch_delay":100,"initial_workers":0,"synchronous":false,"response_timeout":120}',
      200,
      registered.status,
    ],
    [
      '/models?url=noop&model_name=noop&runtime=PYTHON&startup_timeout=120&s3_sse_kms=false',
      '',
      200,
      registered.status,
    ],
  ])('POST %s %s: %i', async (path, body, status, text) => {
    const { calls, ...reply } = await ask('POST', path, body);
    expect(reply).toMatchObject({ status, document: { status: text } });
    const name = text.includes('noop') ? { name: 'noop' } : {};
    expect(calls).toEqual([['add', { url: 'noop', ...name }]]);
  });

  test.each([
    ['', '', 400, 'Parameter url is required.'],
    ['url=', '', 400, 'Parameter url is required.'],
    ['url=a&model_name=../a', '', 400, '"../a" cannot be the name of a model.'],
    ['url=a&model_name=', '', 400, '"" cannot be the name of a model.'],
    ['url=a&initial_workers=x', '', 400, '"initial_workers" is "x", which is not a whole number.'],
    ['url=a&synchronous=yes', '', 400, '"synchronous" is "yes", which is not true or false.'],
    ['url=a&workers=1', '', 400, 'There is no setting "workers".'],
    ['url=a&initial_workers=4', '', 501, 'initial_workers=4 is not supported by this server.'],
    ['url=a&initial_workers=-1', '', 501, 'initial_workers=-1 is not supported by this server.'],
    ['url=a&handler=h.py:go', '', 501, 'A handler is not supported by this server.'],
    ['url=a&runtime=LSP', '', 501, 'Choosing the runtime is not supported by this server.'],
    ['url=a&response_timeout=5', '', 501, 'response_timeout=5 is not supported by this server.'],
    ['url=a&startup_timeout=5', '', 501, 'startup_timeout=5 is not supported by this server.'],
    ['url=a&s3_sse_kms=true', '', 501, 'Fetching a model from S3 is not supported by this server.'],
    ['', '[]', 400, '"body" is [], which is not an object.'],
    ['', '{"url":["a"]}', 400, '"body.url" is ["a"], which is not a string, a number, true or false.'],
    ['', '{"url":"a"', 400, 'The request body is not valid JSON'],
  ])('?%s %s is refused: %i %s', async (query, body, status, message) => {
    const { calls, ...reply } = await ask('POST', `/models?${query}`, body);
    const type = status === 400 ? 'BadRequestException' : 'InternalServerException';
    const text = expect.stringContaining(message) as string;
    expect(reply).toMatchObject({ status, document: { code: status, type, message: text } });
    expect(calls).toEqual([]);
  });

  const manifest = (batching?: Manifest['serving']['batching']) =>
    ({ name: 'noop', serving: { ...(batching && { batching }) } }) as Manifest;
  const eight = { max_batch_size: 8, max_queue_delay_ms: 5 };

  test.each([
    ['', undefined],
    ['', eight],
    ['&batch_size=1&max_batch_delay=100', eight],
    ['&batch_size=8', eight],
    ['&batch_size=8&max_batch_delay=5', eight],
  ])('batches%s are what model.yaml says: %j', async (query, batching) => {
    const { proofs } = await ask('POST', `/models?url=noop${query}`);
    expect(() => proofs[0]!(manifest(batching))).not.toThrow();
  });

  test.each([
    ['batch_size=8', undefined, 'max_batch_size 1 and max_queue_delay_ms 0'],
    ['batch_size=4', eight, 'max_batch_size 8 and max_queue_delay_ms 5'],
    ['batch_size=8&max_batch_delay=50', eight, 'max_batch_size 8 and max_queue_delay_ms 5'],
  ])('%s is refused where model.yaml says otherwise', async (query, batching, remedy) => {
    const { proofs } = await ask('POST', `/models?url=noop&${query}`);
    expect(() => proofs[0]!(manifest(batching))).toThrow(
      expect.objectContaining({
        code: 'FEATURE_UNSUPPORTED',
        message: expect.stringContaining(query.split('&')[0]!) as string,
        remedy: expect.stringContaining(remedy) as string,
      }),
    );
  });
});

describe('scaling changes nothing', () => {
  test.each([
    ['/models/iris', '', 202, processing.status],
    ['/models/iris?min_worker=1', '', 202, processing.status],
    [
      '/models/iris?min_worker=1&max_worker=4&synchronous=true',
      '',
      200,
      'Workers scaled to 1 for model: iris',
    ],
    ['/models/iris/1.0?synchronous=true', '', 200, 'Workers scaled to 1 for model: iris, version: 1.0'],
    [
      '/models/iris',
      '{"min_worker":1,"max_worker":1,"synchronous":false,"timeout":-1}',
      202,
      processing.status,
    ],
    ['/models/iris?min_worker=0&max_worker=2&number_gpu=0&timeout=10', '', 202, processing.status],
  ])('PUT %s %s: %i', async (path, body, status, text) => {
    expect(await ask('PUT', path, body)).toMatchObject({ status, document: { status: text }, calls: [] });
    // It changes nothing, so nobody need allow it.
    expect(shown(await send('PUT', path, { body, catalogue })).status).toBe(status);
  });

  test.each([
    ['iris?min_worker=3', 501, 'InternalServerException', 'min_worker=3 is not supported'],
    ['iris?min_worker=0&max_worker=0', 501, 'InternalServerException', 'max_worker=0 is not supported'],
    ['iris?number_gpu=1', 501, 'InternalServerException', 'number_gpu=1 is not supported'],
    [
      'iris?min_worker=2&max_worker=1',
      400,
      'BadRequestException',
      'max_worker cannot be less than min_worker.',
    ],
    ['iris?timeout=soon', 400, 'BadRequestException', '"timeout" is "soon"'],
    ['iris?workers=1', 400, 'BadRequestException', 'There is no setting "workers".'],
    ['nope', 404, 'ModelNotFoundException', 'There is no model named "nope" here.'],
    ['iris/9', 404, 'ModelVersionNotFoundException', 'Model "iris" has no version 9 here.'],
  ])('PUT /models/%s: %i %s', async (path, code, type, message) => {
    expect(await ask('PUT', `/models/${path}`)).toMatchObject({
      status: code,
      document: { code, type, message: expect.stringContaining(message) as string },
      calls: [],
    });
  });
});

describe('unregistering', () => {
  test.each([
    ['wine', ['wine', '1.4.0']],
    ['wine/1.4.0', ['wine', '1.4.0']],
    ['iris/1.0', ['iris', '1']],
  ])('DELETE /models/%s takes one version away', async (path, target) => {
    expect(await ask('DELETE', `/models/${path}`)).toMatchObject({
      status: 200,
      document: { status: `Model "${target[0]}" unregistered` },
      calls: [['unload', ...target]],
    });
  });

  test.each([
    ['iris', 403, 'InvalidModelVersionException'],
    ['iris/2', 403, 'InvalidModelVersionException'],
    ['nope', 404, 'ModelNotFoundException'],
    ['iris/9', 404, 'ModelVersionNotFoundException'],
  ])('DELETE /models/%s: %i %s', async (path, code, type) => {
    const { calls, ...reply } = await ask('DELETE', `/models/${path}`);
    expect(reply).toMatchObject({ status: code, document: { code, type } });
    expect(calls).toEqual([]);
    if (code === 403)
      expect(reply.document.message).toContain('Version 2 is the default of model "iris", which has others');
  });
});

describe('the default version', () => {
  test('is chosen', async () => {
    expect(await ask('PUT', '/models/iris/1.0/set-default')).toMatchObject({
      status: 200,
      document: { status: 'Default version successfully updated for model "iris" to "1.0"' },
      calls: [['setDefault', 'iris', '1']],
    });
    expect(await ask('PUT', '/models/iris/9/set-default')).toMatchObject({ status: 404, calls: [] });
  });
});

describe('what is told', () => {
  const described = async (path: string) => (await ask('GET', path)).document as unknown as object[];

  test('batches, where a model came from, and on request its tensors', async () => {
    expect(await described('/models/iris')).toEqual([
      {
        modelName: 'iris',
        modelVersion: '2',
        modelUrl: 'iris.onnx',
        runtime: 'onnxruntime',
        minWorkers: 1,
        maxWorkers: 1,
        batchSize: 1,
        maxBatchDelay: 0,
        loadedAtStartup: true,
        workers: [{ id: '1', status: 'READY' }],
      },
    ]);
    const model = modelFacts({ version: '3', batching: { maxRows: 8, maxDelayMs: 5 } });
    const { server } = changeable();
    const sent = await send('GET', '/models/iris?customized=true', { server, catalogue: catalogueOf(model) });
    expect(shown(sent).document).toMatchObject([
      {
        batchSize: 8,
        maxBatchDelay: 5,
        loadedAtStartup: false,
        customizedMetadata: { inputs: [{ name: 'X', datatype: 'FP32', shape: [-1, 4] }] },
      },
    ]);
    expect(shown(await send('GET', '/models/iris?customized=2')).status).toBe(400);
  });

  test('pages hold 100 names at most, sorted', async () => {
    const many = catalogueOf(
      ...Array.from({ length: 101 }, (_, index) =>
        modelFacts({ name: `m${String(100 - index).padStart(3, '0')}` }),
      ),
    );
    const page = async (query: string) => {
      const sent = await send('GET', `/models${query}`, { catalogue: many });
      return shown(sent).document as { nextPageToken?: string; models: { modelName: string }[] };
    };
    for (const query of ['', '?limit=0', '?limit=-1', '?limit=500']) {
      const { nextPageToken, models } = await page(query);
      expect([nextPageToken, models.length, models[0]?.modelName]).toEqual(['100', 100, 'm000']);
    }
    expect(await page('?next_page_token=100')).toEqual({
      models: [{ modelName: 'm100', modelUrl: 'm100.onnx' }],
    });
    expect((await page('?limit=1&next_page_token=-5')).models[0]?.modelName).toBe('m000');
  });

  test('the API', async () => {
    for (const [method, path] of [
      ['OPTIONS', '/'],
      ['GET', '/api-description'],
    ] as const)
      expect((await ask(method, path)).document).toMatchObject({
        openapi: '3.1.0',
        paths: { '/predictions/iris': {}, '/predictions/wine': {} },
      });
  });
});

test.each([
  ['POST', '/models?url=a', 'Registering a model'],
  ['DELETE', '/models/wine', 'Unregistering a model'],
  ['PUT', '/models/iris/1/set-default', 'Choosing the default version'],
])('%s %s is refused by a server that was not told to allow it', async (method, path, feature) => {
  expect(shown(await send(method, path, { catalogue }))).toMatchObject({
    status: 501,
    document: {
      message: `${feature} over this port is not supported by this server. Start the server with the models it is to serve, or with --allow-repository-changes.`,
    },
  });
});
