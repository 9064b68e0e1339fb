import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/errors/error.ts';
import type { Manifest } from '../../../src/manifest/manifest.ts';
import { sagemakerFor } from '../../../src/serve/protocols/sagemaker.ts';
import { torchserve } from '../../../src/serve/protocols/torchserve.ts';
import { catalogueOf, modelFacts, replyText, serverFacts, withSignature } from '../catalogue.ts';
import { changeable } from '../noted-changes.ts';
import { sender, shown } from '../send.ts';

const sagemaker = sagemakerFor({});
const send = sender([sagemaker]);
const place = '{"model_name":"a1b2","url":"/opt/ml/models/a1b2/model"}';

describe('a multi-model endpoint', () => {
  test('loads, and unloads when the memory is free again', async () => {
    const { server, calls } = changeable();
    expect((await send('POST', '/models', { body: place, server })).reply?.status).toBe(200);
    expect((await send('DELETE', '/models/a1b2', { server })).reply?.status).toBe(200);
    expect(calls).toEqual([
      ['add', { name: 'a1b2', url: '/opt/ml/models/a1b2/model' }],
      ['unload', 'a1b2'],
      ['freed'],
    ]);
  });

  test('refuses a name in use, whatever the version, before anything is loaded', async () => {
    const { server, proofs } = changeable();
    const catalogue = catalogueOf(modelFacts({ name: 'a1b2', version: '7' }));
    await send('POST', '/models', { body: place, server, catalogue });
    expect(() => proofs[0]!({} as Manifest)).toThrow(
      expect.objectContaining({
        code: 'VERSION_SERVED_ALREADY',
        http: 409,
        message: 'Version 7 of model "a1b2" is served already.',
      }),
    );
    await send('POST', '/models', { body: place, server });
    expect(() => proofs[1]!({} as Manifest)).not.toThrow();
  });

  test.each([
    ['', 400],
    ['[]', 400],
    ['{"model_name":"a"}', 400],
    ['{"url":"/opt/ml/models/a/model"}', 400],
    ['{"model_name":"","url":"/x"}', 400],
    ['{"model_name":7,"url":"/x"}', 400],
    ['{"model_name":"../a","url":"/x"}', 400],
    [`${place}x`, 400],
  ])('the body %j is %i, and nothing is loaded', async (body, status) => {
    const { server, calls } = changeable();
    const sent = shown(await send('POST', '/models', { body, server }));
    expect(sent).toMatchObject({ status, document: { error: expect.stringMatching(/.{10}/) } });
    expect(calls).toEqual([]);
  });

  test('the statuses that SageMaker acts on', () => {
    const status = (code: Parameters<typeof failure>[0], params: object) =>
      sagemaker.encodeError(failure(code, params as never), { id: '', method: 'POST', path: '' }).status;
    expect(status('MODEL_DOES_NOT_FIT', { name: 'a' })).toBe(507);
    expect(status('VERSION_SERVED_ALREADY', { name: 'a', version: '1' })).toBe(409);
    expect(status('MODEL_NOT_FOUND', { name: 'a', models: 'none' })).toBe(404);
    expect(status('MODEL_URL_UNKNOWN', { url: '/dev/a' })).toBe(400);
  });

  test('is none unless the server was told so', async () => {
    for (const [method, path, body] of [
      ['POST', '/models', place],
      ['DELETE', '/models/iris', ''],
    ] as const)
      expect(shown(await send(method, path, { body }))).toMatchObject({
        status: 501,
        document: { error: expect.stringContaining('--allow-repository-changes') },
      });
  });

  test('has these paths for itself where SageMaker says that it is one', async () => {
    const one = { modelName: 'iris', modelUrl: '/opt/ml/models/iris/model' };
    const told = sender([torchserve, sagemakerFor({ SAGEMAKER_MULTI_MODEL: 'true' })]);
    expect(shown(await told('GET', '/models/iris')).document).toEqual(one);
    expect(shown(await told('GET', '/models')).document).toEqual({ models: [one] });
    expect(shown(await told('DELETE', '/models/iris')).document).toHaveProperty('error');
    const untold = sender([torchserve, sagemakerFor({ SAGEMAKER_MULTI_MODEL: 'false' })]);
    expect(shown(await untold('GET', '/models/iris')).document).toMatchObject([{ modelVersion: '1' }]);
    expect(shown(await untold('DELETE', '/models/iris')).document).toHaveProperty('type');
  });

  test('beside TorchServe a model is loaded once', async () => {
    const { server, calls } = changeable();
    const both = sender([torchserve, sagemaker]);
    expect((await both('POST', '/models', { body: place, server })).reply?.status).toBe(200);
    expect(calls).toHaveLength(1);
  });
});

describe('batch transform', () => {
  const parameters = async (maxBodyBytes: number, model = modelFacts()) => {
    const server = { ...serverFacts(), maxBodyBytes };
    const { reply, error } = await send('GET', '/execution-parameters', {
      server,
      catalogue: catalogueOf(model),
    });
    if (error) throw error;
    return JSON.parse(replyText(reply!)) as Record<string, number | string>;
  };

  test('gets several rows at once, in requests that the server and SageMaker take', async () => {
    const large = await parameters(64 * 2 ** 20);
    expect(large).toMatchObject({ BatchStrategy: 'MULTI_RECORD', MaxPayloadInMB: 6 });
    expect(large.MaxConcurrentTransforms).toBeGreaterThanOrEqual(1);
    expect(Number(large.MaxConcurrentTransforms) * 6).toBeLessThanOrEqual(100);
    expect(await parameters(2 * 2 ** 20)).toMatchObject({ MaxPayloadInMB: 2 });
    expect(await parameters(1000)).toMatchObject({ MaxPayloadInMB: 1 });
  });

  test('gets one row at a time of a model that takes no more', async () => {
    const single = withSignature([{ name: 'x', datatype: 'FP32', shape: [1, 4] }]);
    expect(await parameters(2 ** 23, single)).toMatchObject({ BatchStrategy: 'SINGLE_RECORD' });
  });

  test('of several models is told that it must name one', async () => {
    const catalogue = catalogueOf(modelFacts(), modelFacts({ name: 'wine' }));
    expect((await send('GET', '/execution-parameters', { catalogue })).error?.code).toBe('MODEL_AMBIGUOUS');
  });
});
