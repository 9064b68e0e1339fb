import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../src/core/tensor.ts';
import { kserve } from '../../../src/serve/protocols/kserve.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { protocolConformance } from '../../conformance/protocols.ts';
import { catalogueOf, modelFacts, replyText, serverFacts } from '../catalogue.ts';
import { sender, shown } from '../send.ts';
import { byName, rows } from './by-name.ts';

protocolConformance({
  protocol: kserve,
  call: (name) => ({ route: '/v1/models/:name([^/:]+)::predict', params: { name } }),
  body: (tensors) => `{"inputs":${byName(tensors)}}`,
  outputs: (reply, names) =>
    rows((JSON.parse(replyText(reply)) as { predictions: unknown }).predictions, names),
  errorText: (reply) => (JSON.parse(replyText(reply)) as { error: string }).error,
});

const alone = sender([plain, kserve]);
const catalogue = catalogueOf(modelFacts(), modelFacts({ version: '2' }), modelFacts({ name: 'wine' }));
const output: Tensor = {
  name: 'probabilities',
  datatype: 'FP32',
  shape: [1, 3],
  data: Float32Array.of(0.5, Number.NaN, 1),
};

async function predict(send: ReturnType<typeof sender>, body: string) {
  const { decoded } = await send('POST', '/v1/models/iris:predict', { body });
  return {
    inputs: decoded!.request.inputs,
    reply: decoded!.encode({ model: 'iris', version: '1', outputs: [output] }),
  };
}

describe('KServe V1 alone', () => {
  test.each(['instances', 'inputs'])('%s in, predictions out, strict JSON', async (key) => {
    const { inputs, reply } = await predict(alone, `{"${key}":[[1,2,3,4]]}`);
    expect(inputs).toMatchObject([{ name: 'X', shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) }]);
    expect(replyText(reply)).toBe('{"predictions":[[0.5,null,1]]}\n');
  });

  test('lists models, says whether one is ready, and is alive', async () => {
    expect(shown(await alone('GET', '/v1/models', { catalogue }))).toEqual({
      status: 200,
      document: { models: ['iris', 'wine'] },
    });
    expect(shown(await alone('GET', '/v1/models/iris', { catalogue }))).toEqual({
      status: 200,
      document: { name: 'iris', ready: true },
    });
    expect(shown(await alone('GET', '/'))).toEqual({ status: 200, document: { status: 'alive' } });
  });

  test('a model that is not ready is 503, one that is not there 404', async () => {
    const server = serverFacts('draining');
    expect(shown(await alone('GET', '/v1/models/iris', { server }))).toEqual({
      status: 503,
      document: { name: 'iris', ready: false },
    });
    expect(shown(await alone('GET', '/v1/models/nope')).status).toBe(404);
    expect(shown(await alone('POST', '/v1/models/nope:predict', { body: '{}' }))).toEqual({
      status: 404,
      document: { error: 'There is no model named "nope" here. Served here: none.' },
    });
    expect(shown(await alone('GET', '/', { server: serverFacts('broken') })).status).toBe(503);
  });

  test('explain and structured events are refused with 501 and the next step', async () => {
    const explain = await alone('POST', '/v1/models/iris:explain', { body: '{}' });
    expect(explain.error).toMatchObject({ code: 'METHOD_UNIMPLEMENTED', grpc: 'UNIMPLEMENTED' });
    expect(shown(explain)).toEqual({
      status: 501,
      document: { error: 'The explain method is not implemented here. Use predict.' },
    });
    const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    const body = '{"specversion":"1.0","data":{"instances":[[1,2,3,4]]}}';
    const refused = await alone('POST', '/v1/models/iris:predict', { body, headers });
    expect(refused.error?.code).toBe('FEATURE_UNSUPPORTED');
    expect(shown(refused).status).toBe(501);
  });

  test('the data of an event in binary mode are a plain request', async () => {
    const headers = { 'content-type': 'application/json', 'ce-type': 'x', 'ce-id': '1' };
    const sent = await alone('POST', '/v1/models/iris:predict', {
      body: '{"instances":[[1,2,3,4]]}',
      headers,
    });
    expect(sent.decoded?.request.inputs[0]?.shape).toEqual([1, 4]);
  });

  test('unknown paths below /v1/ answer as KServe does', async () => {
    const sent = shown(await alone('GET', '/v1/nothing'));
    expect(sent).toMatchObject({ status: 404, document: { error: expect.stringContaining('/v1/nothing') } });
  });
});

describe('KServe V1 beside TensorFlow Serving', () => {
  const first = sender([plain, tfs, v2, kserve]);
  const last = sender([plain, kserve, tfs]);

  test('the one listed first answers predict', async () => {
    const tfsReply = replyText((await predict(first, '{"inputs":[[1,2,3,4]]}')).reply);
    expect(tfsReply).toContain('"outputs"');
    expect(tfsReply).toContain('NaN');
    const kserveReply = replyText((await predict(last, '{"inputs":[[1,2,3,4]]}')).reply);
    expect(kserveReply).toBe('{"predictions":[[0.5,null,1]]}\n');
  });

  test('for instances both answer predictions', async () => {
    for (const send of [first, last]) {
      const { inputs, reply } = await predict(send, '{"instances":[[1,2,3,4]]}');
      expect(inputs[0]?.data).toEqual(Float32Array.of(1, 2, 3, 4));
      expect(replyText(reply)).toMatch(/^\{\s*"predictions"/);
    }
  });

  test('the status of a model satisfies both clients', async () => {
    for (const send of [first, last])
      expect(shown(await send('GET', '/v1/models/iris', { catalogue }))).toEqual({
        status: 200,
        document: {
          model_version_status: expect.arrayContaining([
            { version: '1', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } },
          ]),
          name: 'iris',
          ready: true,
        },
      });
  });

  test("the list of models is KServe's, which TensorFlow Serving does not have", async () => {
    for (const send of [first, last])
      expect(shown(await send('GET', '/v1/models', { catalogue })).document).toEqual({
        models: ['iris', 'wine'],
      });
  });

  test('a model that is not there is 404 in the words of the first', async () => {
    const path = '/v1/models/nope';
    expect(shown(await first('GET', path))).toEqual({
      status: 404,
      document: { error: 'Could not find any versions of model nope' },
    });
    expect(shown(await last('GET', path)).document).toEqual({
      error: 'There is no model named "nope" here. Served here: none.',
    });
  });

  test("versions and labels stay TensorFlow Serving's", async () => {
    const sent = await first('POST', '/v1/models/iris/versions/2:predict', {
      body: '{"instances":[[1,2,3,4]]}',
      catalogue,
    });
    expect(sent.decoded?.request.version).toBe('2');
  });
});
