import { describe, expect, test } from 'vitest';
import { openapiDocument } from '../../../src/serve/openapi.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { vertexFor } from '../../../src/serve/protocols/vertex.ts';
import { protocolConformance } from '../../conformance/protocols.ts';
import { catalogueOf, modelFacts, replyText, serverFacts, withSignature } from '../catalogue.ts';
import { type Asked, sender, shown } from '../send.ts';
import { rows, rowsBody } from './by-name.ts';

const environment = { AIP_HEALTH_ROUTE: '/ok', AIP_PREDICT_ROUTE: '/models/a.b-1:predict' };
const vertex = vertexFor(environment);
const send = sender([plain, vertex]);

protocolConformance({
  protocol: vertex,
  call: () => ({ route: '/models/a.b-1::predict', params: {} }),
  body: (tensors) => `{"instances":${rowsBody(tensors)}}`,
  outputs: (reply, names) => rows((JSON.parse(replyText(reply)) as { predictions: [] }).predictions, names),
  errorText: (reply) => (JSON.parse(replyText(reply)) as { error: string }).error,
});

const predict = (body: string, asked: Asked = {}) =>
  send('POST', '/models/a.b-1:predict', { ...asked, body });

describe('Vertex AI', () => {
  test('predicts at the route of the environment, and at the one it has by default', async () => {
    for (const path of ['/models/a.b-1:predict', '/v1/endpoints/12/deployedModels/34:predict']) {
      const { decoded } = await send('POST', path, { body: '{"instances":[[1,2,3,4]]}' });
      expect(decoded?.request).toMatchObject({ model: 'iris', inputs: [{ name: 'X', shape: [1, 4] }] });
      const outputs = [
        { name: 'probabilities', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(0.5, 1) },
      ] as const;
      const reply = decoded!.encode({ model: 'iris', version: '1', outputs });
      expect(replyText(reply)).toBe('{"predictions":[[0.5,1]]}\n');
    }
  });

  test('carries parameters along; none and null are the same', async () => {
    const { decoded } = await predict('{"parameters":{"top":3,"word":"a"},"instances":[[1,2,3,4]]}');
    expect(decoded?.request.parameters).toEqual({ top: 3, word: 'a' });
    const none = await predict('{"instances":[[1,2,3,4]],"parameters":null}');
    expect(none.decoded?.request.parameters).toEqual({});
  });

  test('rows of several inputs are objects; one value per row needs no list; binary is {"b64"}', async () => {
    const model = withSignature([
      { name: 'age', datatype: 'INT64', shape: ['batch', 1] },
      { name: 'photo', datatype: 'BYTES', shape: ['batch'] },
    ]);
    const body = '{"instances":[{"age":1,"photo":{"b64":"/w=="}},{"age":2,"photo":"x"}]}';
    const { decoded } = await predict(body, { catalogue: catalogueOf(model) });
    expect(decoded?.request.inputs).toMatchObject([
      { shape: [2, 1], data: BigInt64Array.of(1n, 2n) },
      { shape: [2], data: [Uint8Array.of(0xff), 'x'] },
    ]);
    const single = withSignature([{ name: 'age', datatype: 'INT64', shape: ['batch', 1] }]);
    const flat = await predict('{"instances":[1,2,3]}', { catalogue: catalogueOf(single) });
    expect(flat.decoded?.request.inputs[0]?.shape).toEqual([3, 1]);
  });

  test.each([
    ['{"instances":[[1,2,3,4]],"instances":[]}', 'Input "instances" is given twice.'],
    ['{"instances":{"X":[[1,2,3,4]]}}', '"instances" is {"X":[[1,2,3,4]]}, which is not a list.'],
    ['{"parameters":{}}', 'The body has no "instances".'],
    ['{"inputs":[[1,2,3,4]]}', 'The body has the key "inputs", which Vertex AI does not know.'],
    ['[[1,2,3,4]]', '"body" is [[1,2,3,4]], which is not an object.'],
    ['{"instances":[[1,2,3,4]],"parameters":{"a":[1]}}', '"parameters.a" is [1], which is not'],
  ])('%s is refused', async (body, text) => {
    const { status, document } = shown(await predict(body));
    expect(status).toBe(400);
    expect((document as { error: string }).error).toContain(text);
  });

  test('is healthy exactly when the server is ready', async () => {
    const server = (status: Parameters<typeof serverFacts>[0]) => ({ server: serverFacts(status) });
    for (const path of ['/ok', '/v1/endpoints/12/deployedModels/34']) {
      expect(shown(await send('GET', path))).toEqual({ status: 200, document: { status: 'ready' } });
      for (const state of ['starting', 'draining', 'broken'] as const)
        expect(shown(await send('GET', path, server(state))).status).toBe(503);
    }
  });

  test('with several models the one route cannot say which', async () => {
    const catalogue = catalogueOf(modelFacts(), modelFacts({ name: 'wine' }));
    const { error } = await predict('{"instances":[]}', { catalogue });
    expect(error?.code).toBe('MODEL_AMBIGUOUS');
  });

  test('a route that others have is answered by the protocol listed first', async () => {
    const shared = vertexFor({ AIP_PREDICT_ROUTE: '/v1/models/iris:predict' });
    const { decoded } = await sender([tfs, shared])('POST', '/v1/models/iris:predict', {
      body: '{"instances":[[1,2,3,4]]}',
    });
    expect(decoded?.request.inputs[0]?.shape).toEqual([1, 4]);
  });

  test.each(['predict', '/a*', '/a b', '/a?x=1'])('the variable %j is refused by name', (route) => {
    expect(() => vertexFor({ AIP_PREDICT_ROUTE: route })).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: `AIP_PREDICT_ROUTE takes a path such as /predict, not "${route}".`,
      }),
    );
  });

  test('OpenAPI has the route that was named, and nothing where none was', () => {
    const paths = (protocol: typeof vertex) =>
      Object.keys((openapiDocument([protocol], [modelFacts()]) as { paths: object }).paths);
    expect(paths(vertex)).toContain('/models/a.b-1:predict');
    expect(paths(vertexFor({ AIP_HEALTH_ROUTE: '', AIP_PREDICT_ROUTE: '' }))).toEqual([
      '/healthz',
      '/readyz',
      '/metrics',
    ]);
  });
});
