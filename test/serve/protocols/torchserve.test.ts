import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure, MdeployError } from '../../../src/core/errors/error.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { readMultipart } from '../../../src/serve/codecs/multipart.ts';
import { openapiDocument } from '../../../src/serve/openapi.ts';
import type { ModelFacts } from '../../../src/serve/protocol.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { sagemakerFor } from '../../../src/serve/protocols/sagemaker.ts';
import { torchserve } from '../../../src/serve/protocols/torchserve.ts';
import { protocolConformance } from '../../conformance/protocols.ts';
import { catalogueOf, modelFacts, rawCall, replyText, serverFacts, withSignature } from '../catalogue.ts';
import { type Asked, sender, shown } from '../send.ts';
import { byName, rows } from './by-name.ts';

protocolConformance({
  protocol: torchserve,
  call: (name) => ({ route: '/predictions/:name', params: { name } }),
  body: (tensors) => `{"inputs":${byName(tensors)}}`,
  headers: () => ({ 'content-type': 'application/json' }),
  outputs: (reply, names) => rows(JSON.parse(replyText(reply)), names),
  errorText: (reply) => (JSON.parse(replyText(reply)) as { message: string }).message,
});

const send = sender([plain, torchserve]);
const predict = (body: string | Uint8Array, type: string, asked: Asked = {}, method = 'POST') =>
  send(method, '/predictions/iris', { ...asked, body, headers: type === '' ? {} : { 'content-type': type } });

async function inputsOf(body: string | Uint8Array, type: string, model = modelFacts(), method = 'POST') {
  const { decoded, error } = await predict(body, type, { catalogue: catalogueOf(model) }, method);
  if (!decoded) throw error;
  return decoded.request.inputs.map(({ name, shape, data }) => [name, shape, [...data]]);
}

/** As `curl -F` and Python's requests send it. */
function form(...parts: (readonly [name: string, body: string | Uint8Array, type?: string])[]): Buffer {
  const chunks = parts.flatMap(([name, body, type]) => [
    Buffer.from(
      `--b\r\nContent-Disposition: form-data; name="${name}"; filename="x"${type ? `\r\nContent-Type: ${type}` : ''}\r\n\r\n`,
    ),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from('--b--\r\n')]);
}
const multipart = 'multipart/form-data; boundary=b';

const photo = withSignature([{ name: 'photo', datatype: 'BYTES', shape: ['batch'] }]);
const credit = withSignature([
  { name: 'age', datatype: 'INT64', shape: ['batch', 1] },
  { name: 'job', datatype: 'BYTES', shape: ['batch', 1] },
]);
const binary = Uint8Array.of(0xff, 0xd8, 13, 10, 45, 45, 0);
const row = [['X', [1, 4], [1, 2, 3, 4]]];

describe('bodies', () => {
  test.each([
    ['[1,2,3,4]', 'application/json'],
    ['[[1,2,3,4]]', ''],
    ['{"data":[1,2,3,4]}', 'application/x-www-form-urlencoded'],
    ['{"instances":[[1,2,3,4]]}', 'application/json'],
    ['data=%5B1,2,3,4%5D', 'application/x-www-form-urlencoded'],
    [form(['data', '[1,2,3,4]']), multipart],
    [form(['body', '[1,2,3,4]', 'application/json'], ['note', 'x']), multipart],
    [form(['X', '[[1,2,3,4]]', 'text/plain']), multipart],
    [form(['anything', '{"X":[1,2,3,4]}']), 'multipart/form-data; boundary="b"'],
  ])('%s as %s', async (body, type) => {
    expect(await inputsOf(body, type)).toEqual(row);
  });

  test('curl -T sends the bytes by PUT, without a type', async () => {
    const taken = [['photo', [1], [binary]]];
    for (const type of ['', 'image/jpeg', 'application/octet-stream', 'application/x-anything'])
      expect(await inputsOf(binary, type, photo, 'PUT')).toEqual(taken);
    expect(await inputsOf(form(['data', binary]), multipart, photo)).toEqual(taken);
    expect(await inputsOf(form(['photo', binary, 'image/jpeg']), multipart, photo)).toEqual(taken);
    expect(await inputsOf('"text"', 'application/json', photo)).toEqual([['photo', [1], ['text']]]);
    expect(await inputsOf('[1,2,3,4]', '', modelFacts(), 'PUT')).toEqual(row);
  });

  test('one field per input', async () => {
    const expected = [
      ['age', [1, 1], [39n]],
      ['job', [1, 1], ['clerk']],
    ];
    expect(await inputsOf(form(['job', 'clerk'], ['age', '39']), multipart, credit)).toEqual(expected);
    expect(await inputsOf('age=39&job=clerk', 'application/x-www-form-urlencoded', credit)).toEqual(expected);
    expect(await inputsOf(form(['data', '{"age":39,"job":"clerk"}']), multipart, credit)).toEqual(expected);
    const bytes = await inputsOf(form(['job', binary], ['age', '39']), multipart, credit);
    expect(bytes[1]).toEqual(['job', [1, 1], [binary]]);
    const missing = await predict(form(['age', '39']), multipart, { catalogue: catalogueOf(credit) });
    expect(missing.error).toMatchObject({ code: 'INPUT_MISSING' });
    const twice = await predict(form(['data', '[1,2,3,4]'], ['data', '[5,6,7,8]']), multipart);
    expect(twice.error).toMatchObject({ code: 'INPUT_DUPLICATE' });
    const words = await predict(form(['age', 'old'], ['job', 'x']), multipart, {
      catalogue: catalogueOf(credit),
    });
    expect(words.error?.http).toBe(400);
  });

  test.each([
    ['multipart/form-data', form(['data', '[]']), 'its Content-Type names no boundary'],
    [multipart, 'x', 'it does not begin with its boundary'],
    [multipart, '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', 'its last boundary is missing'],
    [multipart, '--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--', 'a field has no name'],
    [multipart, '--b\r\nnothing\r\n--b--', 'a field has no proper head'],
    [multipart, '--bx\r\n\r\n--b--', 'a boundary line is broken'],
  ])('%s: %s is refused: %s', async (type, body, reason) => {
    const { error } = await predict(body, type);
    expect(error).toMatchObject({ code: 'BODY_MALFORMED', http: 400 });
    expect(error?.message).toContain(reason);
  });

  test('any bytes are a form or the fault of the client', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('--b', '\r\n', '-', 'name="a"', 'Content-Disposition: form-data; ', 'x'),
        }),
        (text) => {
          try {
            for (const { name } of readMultipart(Buffer.from(text), 'b')) expect(typeof name).toBe('string');
          } catch (error) {
            expect(error).toBeInstanceOf(MdeployError);
            expect((error as MdeployError).http).toBe(400);
          }
        },
      ),
    );
    const many = form(...Array.from({ length: 1025 }, (_, index) => [`f${index}`, ''] as const));
    expect(() => readMultipart(many, 'b')).toThrow('more than 1024 fields');
  });
});

describe('replies', () => {
  const outputs: readonly Tensor[] = [
    { name: 'label', datatype: 'INT64', shape: [1], data: BigInt64Array.of(2n) },
    { name: 'p', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(0.2, Number.NaN) },
  ];
  const model: ModelFacts = withSignature(modelFacts().signature.inputs, [
    { name: 'label', datatype: 'INT64', shape: ['batch'] },
    { name: 'p', datatype: 'FP32', shape: ['batch', 2] },
  ]);
  const answer = async (body: string) => {
    const { decoded } = await predict(body, 'application/json', { catalogue: catalogueOf(model) });
    return decoded!.encode({ model: 'iris', version: '1', outputs });
  };

  test('the answer itself, of one row or of many; not cached', async () => {
    const one = await answer('[1,2,3,4]');
    expect(replyText(one)).toBe('{"label":2,"p":[0.2,null]}\n');
    expect(one.headers).toMatchObject({ pragma: 'no-cache', 'content-type': 'application/json' });
    expect(replyText(await answer('[[1,2,3,4]]'))).toBe('[{"label":2,"p":[0.2,null]}]\n');
  });

  test('the JSON envelope comes back for the JSON envelope', async () => {
    expect(replyText(await answer('{"instances":[[1,2,3,4]]}'))).toBe(
      '{"predictions":[{"label":2,"p":[0.2,null]}]}\n',
    );
  });
});

describe('models and health', () => {
  const catalogue = catalogueOf(
    modelFacts({ version: '2' }),
    modelFacts(),
    modelFacts({ name: 'wine', version: '1.4.0' }),
  );
  const ask = async (path: string) => shown(await send('GET', path, { catalogue }));

  test('ping says Healthy exactly when the server is ready', async () => {
    const { reply } = await send('GET', '/ping');
    expect([reply?.status, reply?.body]).toEqual([200, '{\n  "status": "Healthy"\n}\n']);
    const draining = await send('GET', '/ping', { server: serverFacts('draining') });
    expect(shown(draining)).toEqual({ status: 500, document: { status: 'Unhealthy' } });
    const both = sender([torchserve, sagemakerFor({})]);
    expect(shown(await both('GET', '/ping')).document).toEqual({ status: 'Healthy' });
    expect(shown(await sender([sagemakerFor({}), torchserve])('GET', '/ping')).document).toEqual({
      status: 'Healthy',
    });
  });

  test('lists and describes', async () => {
    expect((await ask('/models')).document).toEqual({
      models: [
        { modelName: 'iris', modelUrl: 'iris.onnx' },
        { modelName: 'wine', modelUrl: 'wine.onnx' },
      ],
    });
    expect((await ask('/models/iris')).document).toMatchObject([
      { modelName: 'iris', modelVersion: '2', workers: [{ status: 'READY' }] },
    ]);
    const versions = async (path: string) =>
      ((await ask(path)).document as { modelVersion: string }[]).map(({ modelVersion }) => modelVersion);
    expect(await versions('/models/iris/1')).toEqual(['1']);
    expect(await versions('/models/iris/1.0')).toEqual(['1']);
    expect(await versions('/models/iris/all')).toEqual(['2', '1']);
    expect(await versions('/models/wine/1.4.0')).toEqual(['1.4.0']);
  });

  test('pages by limit and token', async () => {
    const route = torchserve.routes.find(({ path }) => path === '/models');
    if (route?.kind !== 'info') throw new Error('no route');
    const list = async (query: string) => {
      const call = rawCall('/models', '', { query: new URLSearchParams(query) });
      return JSON.parse(replyText(await route.answer(call, catalogue, serverFacts()))) as object;
    };
    expect(await list('limit=1')).toMatchObject({ nextPageToken: '1', models: [{ modelName: 'iris' }] });
    expect(await list('limit=1&next_page_token=1')).toEqual({
      models: [{ modelName: 'wine', modelUrl: 'wine.onnx' }],
    });
    expect(await list('limit=x')).toEqual(await list(''));
  });

  test('a version is chosen by the path', async () => {
    const path = '/predictions/iris/1.0';
    const { decoded } = await send('POST', path, { catalogue, body: '[1,2,3,4]' });
    expect(decoded?.request).toMatchObject({ model: 'iris', version: '1' });
    const plainly = await send('POST', '/predictions/iris', { catalogue, body: '[1,2,3,4]' });
    expect(plainly.decoded?.request.version).toBeUndefined();
  });

  test.each([
    ['POST', '/predictions/nope', 404, 'ModelNotFoundException'],
    ['POST', '/predictions/iris/9', 404, 'ModelVersionNotFoundException'],
    ['GET', '/models/nope/all', 404, 'ModelNotFoundException'],
    ['POST', '/predictions/iris/1/x', 404, 'ResourceNotFoundException'],
    ['GET', '/predictions/iris', 405, 'MethodNotAllowedException'],
    ['POST', '/predictions/iris', 400, 'BadRequestException'],
    ['POST', '/explanations/iris', 501, 'InternalServerException'],
  ])('%s %s: %i %s', async (method, path, status, type) => {
    expect(shown(await send(method, path, { catalogue }))).toMatchObject({
      status,
      document: { code: status, type, message: expect.stringMatching(/.{10}/) },
    });
  });

  test('a full queue is a ServiceUnavailableException with Retry-After', () => {
    const full = failure('QUEUE_FULL', { name: 'iris', limit: 1 }, { retryAfter: 0.2 });
    const reply = torchserve.encodeError(full, rawCall('/', ''));
    expect(reply.headers['retry-after']).toBe('1');
    expect(JSON.parse(replyText(reply))).toMatchObject({ code: 503, type: 'ServiceUnavailableException' });
  });

  test('OpenAPI has predictions once, with its own error form', () => {
    const { paths } = openapiDocument([torchserve], [modelFacts()]) as {
      paths: Record<string, Record<string, { responses: Record<string, object> }>>;
    };
    expect(Object.keys(paths['/predictions/iris']!)).toEqual(['post']);
    expect(paths['/predictions/iris']!.post!.responses['400']).toMatchObject({
      content: { 'application/json': { schema: { required: ['code', 'type', 'message'] } } },
    });
  });
});
