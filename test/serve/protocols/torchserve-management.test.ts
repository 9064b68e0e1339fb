import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sagemakerFor } from '../../../src/serve/protocols/sagemaker.ts';
import { torchserve } from '../../../src/serve/protocols/torchserve.ts';
import { catalogueOf, modelFacts } from '../catalogue.ts';
import { changeable } from '../noted-changes.ts';
import { sender, shown } from '../send.ts';
import { ask, catalogue, processing, send } from './torchserve-ask.ts';

test('any query and body is answered or the fault of the client', async () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .dictionary(fc.constantFrom('url', 'min_worker', 'synchronous', 'x'), fc.string())
      .map((one) => JSON.stringify(one)),
  );
  const query = fc.dictionary(fc.constantFrom('url', 'model_name', 'initial_workers', 'limit'), fc.string());
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        'GET /models',
        'POST /models',
        'PUT /models/iris',
        'GET /models/iris',
        'DELETE /models/wine',
      ),
      query,
      text,
      async (call, fields, body) => {
        const [method = '', path = ''] = call.split(' ');
        const { status, document } = await ask(method, `${path}?${new URLSearchParams(fields)}`, body);
        expect([200, 202, 400, 501]).toContain(status);
        if (status >= 400) expect(Object.keys(document)).toEqual(['code', 'type', 'message']);
      },
    ),
  );
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
    ['iris?min_worker=-1', 400, 'BadRequestException', '"min_worker" is -1, which is less than 0.'],
    ['iris?max_worker=-1', 400, 'BadRequestException', '"max_worker" is -1, which is less than 0.'],
    ['iris?number_gpu=-1', 400, 'BadRequestException', '"number_gpu" is -1, which is less than 0.'],
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
  });

  test('what is no number, and no flag, counts as not said', async () => {
    expect(await described('/models/iris?customized=2')).toEqual(await described('/models/iris'));
    for (const query of ['limit=abc', 'limit=', 'limit=1.5', 'next_page_token=abc', 'limit=99999999999'])
      expect((await ask('GET', `/models?${query}`)).document, query).toEqual(
        (await ask('GET', '/models')).document,
      );
  });

  test('a limit that is none does not make it the list of SageMaker', async () => {
    const both = sender([torchserve, sagemakerFor({})]);
    const models = [{ modelName: 'iris', modelUrl: 'iris.onnx' }];
    for (const path of ['/models?limit=abc', '/models?limit=10', '/models'])
      expect(shown(await both('GET', path)).document).toEqual({ models });
    const { document } = shown(await both('GET', '/models/iris?customized=abc'));
    expect(document).toMatchObject([{ modelName: 'iris', modelVersion: '1' }]);
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
