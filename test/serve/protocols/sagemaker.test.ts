import { describe, expect, test } from 'vitest';
import type { InferResponse } from '../../../src/core/inference.ts';
import { readNpy, writeNpy } from '../../../src/core/npy.ts';
import type { Datatype, Tensor } from '../../../src/core/tensor.ts';
import { castTensor } from '../../../src/serve/codecs/cast-tensor.ts';
import type { ModelFacts } from '../../../src/serve/protocol.ts';
import { mlflow } from '../../../src/serve/protocols/mlflow.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { sagemakerFor } from '../../../src/serve/protocols/sagemaker.ts';
import { protocolConformance } from '../../conformance/protocols.ts';
import { catalogueOf, modelFacts, replyText, serverFacts, withSignature } from '../catalogue.ts';
import { type Asked, sender, shown } from '../send.ts';
import { byName, rows } from './by-name.ts';

const sagemaker = sagemakerFor({});

protocolConformance({
  protocol: sagemaker,
  call: () => ({ route: '/invocations', params: {} }),
  body: (tensors) => `{"inputs":${byName(tensors)}}`,
  outputs: (reply, names) => rows((JSON.parse(replyText(reply)) as { predictions: [] }).predictions, names),
  errorText: (reply) => (JSON.parse(replyText(reply)) as { error: string }).error,
});

const send = sender([plain, sagemaker]);
const invoke = (body: string | Uint8Array, type: string, asked: Asked = {}) =>
  send('POST', '/invocations', { ...asked, body, headers: { 'content-type': type, ...asked.headers } });

async function inputsOf(body: string | Uint8Array, type: string, model: ModelFacts = modelFacts()) {
  const { decoded, error } = await invoke(body, type, { catalogue: catalogueOf(model) });
  if (!decoded) throw error;
  return decoded.request.inputs.map(({ name, shape, data }) => [name, shape, [...data]]);
}

const two = [['X', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]]];
const fp64 = (shape: number[], data: number[]): Tensor => ({
  name: '',
  datatype: 'FP64',
  shape,
  data: Float64Array.from(data),
});

describe('bodies by content type', () => {
  test('CSV has no header unless it says so; label_size and the like change nothing', async () => {
    expect(await inputsOf('1,2,3,4\n5,6,7,8\n', 'text/csv')).toEqual(two);
    expect(await inputsOf('1,2,3,4\n5,6,7,8', 'text/csv; label_size=0')).toEqual(two);
    expect(await inputsOf('a,b,c,d\n1,2,3,4\n5,6,7,8', 'text/csv; header=present')).toEqual(two);
    const columns = new Map([['X', ['a', 'b', 'c', 'd']]]);
    expect(
      await inputsOf('d,b,c,a\n4,2,3,1\n8,6,7,5', 'text/csv;header=present', modelFacts({ columns })),
    ).toEqual(two);
  });

  test('JSON lines are rows', async () => {
    for (const body of [
      '[1,2,3,4]\n[5,6,7,8]\n',
      '\n[1,2,3,4]\r\n\n [5,6,7,8]',
      '{"X":[1,2,3,4]}\n{"X":[5,6,7,8]}\n',
    ])
      expect(await inputsOf(body, 'application/jsonlines')).toEqual(two);
    for (const body of ['', '[1,2,3,4],', '[1,2,\n3,4]', '[1,2,3,4] [5,6,7,8]'])
      expect(shown(await invoke(body, 'application/jsonlines')).status, body).toBe(400);
  });

  test('JSON in every form of POST /predict', async () => {
    for (const body of [
      '{"features":[1,2,3,4]}',
      '[[1,2,3,4]]',
      '{"instances":[[1,2,3,4]]}',
      '{"X":[1,2,3,4]}',
    ])
      expect(await inputsOf(body, 'application/json')).toEqual([['X', [1, 4], [1, 2, 3, 4]]]);
  });

  test('NumPy arrays, of one row or many, in the datatype of the model', async () => {
    const many = writeNpy(fp64([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]))!;
    expect(await inputsOf(many, 'application/x-npy')).toEqual(two);
    const one = writeNpy({
      name: '',
      datatype: 'INT64',
      shape: [4],
      data: BigInt64Array.of(1n, 2n, 3n, 4n),
    })!;
    expect(await inputsOf(one, 'application/x-npy')).toEqual([['X', [1, 4], [1, 2, 3, 4]]]);
    expect((await invoke('x', 'application/x-npy')).error?.code).toBe('BODY_MALFORMED');
    const several = withSignature([
      { name: 'a', datatype: 'FP32', shape: ['batch'] },
      { name: 'b', datatype: 'FP32', shape: ['batch'] },
    ]);
    const { error } = await invoke(many, 'application/x-npy', { catalogue: catalogueOf(several) });
    expect(error?.message).toBe('A NumPy array is one tensor, and the model has 2 inputs.');
  });

  test('raw bytes for a model that takes bytes; other types are 415', async () => {
    const photo = withSignature([{ name: 'photo', datatype: 'BYTES', shape: ['batch'] }]);
    expect(await inputsOf(Uint8Array.of(1, 0xff), 'image/jpeg', photo)).toEqual([
      ['photo', [1], [Uint8Array.of(1, 0xff)]],
    ]);
    for (const type of ['image/jpeg', 'application/x-npz', 'application/x-recordio-protobuf'])
      expect((await invoke('x', type)).error).toMatchObject({ code: 'CONTENT_TYPE_UNSUPPORTED', http: 415 });
  });
});

describe('replies by Accept', () => {
  const outputs: readonly Tensor[] = [
    { name: 'label', datatype: 'BYTES', shape: [2], data: ['a,"b"', Uint8Array.of(0xff)] },
    { name: 'p', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(0.2, Number.NaN, 1, Infinity) },
  ];
  const model = withSignature(modelFacts().signature.inputs, [
    { name: 'label', datatype: 'BYTES', shape: ['batch'] },
    { name: 'p', datatype: 'FP32', shape: ['batch', 2] },
  ]);
  const answer = async (accept: string | undefined, of = outputs, body = '1,2,3,4\n5,6,7,8') => {
    const headers = accept === undefined ? {} : { accept };
    const { decoded, error } = await invoke(body, 'text/csv', { headers, catalogue: catalogueOf(model) });
    if (!decoded) throw error;
    const response: InferResponse = { model: 'iris', version: '1', outputs: of };
    return decoded.encode(response);
  };

  test.each([undefined, '*/*', 'application/*', 'text/html;q=0.1, application/json', 'text/csv;q=0, */*'])(
    '%s: JSON',
    async (accept) => {
      const reply = await answer(accept);
      expect(reply.headers['content-type']).toBe('application/json');
      expect(replyText(reply)).toBe(
        '{"predictions":[{"label":"a,\\"b\\"","p":[0.2,null]},{"label":{"b64":"/w=="},"p":[1,null]}]}\n',
      );
    },
  );

  test('CSV has the outputs side by side', async () => {
    const reply = await answer('text/csv');
    expect(reply.headers['content-type']).toBe('text/csv');
    expect(replyText(reply)).toBe('"a,""b""",0.2,NaN\n/w==,1,Infinity\n');
    expect(replyText(await answer('text/*', [outputs[1]!]))).toBe('0.2,NaN\n1,Infinity\n');
  });

  test('JSON lines have one answer per line', async () => {
    expect(replyText(await answer('application/jsonlines'))).toBe(
      '{"label":"a,\\"b\\"","p":[0.2,null]}\n{"label":{"b64":"/w=="},"p":[1,null]}\n',
    );
    expect(replyText(await answer('application/jsonlines', [outputs[1]!]))).toBe('[0.2,null]\n[1,null]\n');
  });

  test('NumPy holds one output of numbers', async () => {
    const { body } = await answer('application/x-npy', [outputs[1]!]);
    expect(readNpy(body as Uint8Array, 'p', (reason) => new Error(reason))).toEqual(outputs[1]);
    await expect(answer('application/x-npy')).rejects.toMatchObject({
      code: 'ACCEPT_UNSUPPORTED',
      http: 406,
    });
    await expect(answer('application/x-npy', [outputs[0]!])).rejects.toMatchObject({ http: 406 });
  });

  test('what cannot be given is refused before the model runs, or for outputs that are no rows', async () => {
    await expect(answer('text/html')).rejects.toMatchObject({
      code: 'ACCEPT_UNSUPPORTED',
      message: 'The answer cannot be given as "text/html".',
    });
    const scalar: Tensor = { name: 'p', datatype: 'FP32', shape: [], data: Float32Array.of(1) };
    await expect(answer('text/csv', [scalar])).rejects.toMatchObject({ http: 406 });
  });

  test('the environment names the usual type, and a wrong one ends the start', async () => {
    const csv = sagemakerFor({ SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: 'text/csv' });
    const { decoded } = await sender([csv])('POST', '/invocations', { body: '[[1,2,3,4]]' });
    expect(
      decoded!.encode({ model: 'iris', version: '1', outputs: [outputs[1]!] }).headers['content-type'],
    ).toBe('text/csv');
    expect(() => sagemakerFor({ SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: 'text/xml' })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  test('custom attributes come back, other headers do not', async () => {
    const headers = {
      'x-amzn-sagemaker-custom-attributes': 'trace=1',
      'x-amzn-sagemaker-target-variant': 'blue',
    };
    const { decoded } = await invoke('1,2,3,4', 'text/csv', { headers });
    const reply = decoded!.encode({ model: 'iris', version: '1', outputs: [outputs[1]!] });
    expect(reply.headers).toEqual({
      'content-type': 'application/json',
      'x-amzn-sagemaker-custom-attributes': 'trace=1',
    });
  });
});

describe('around it', () => {
  test('ping is empty, and 200 exactly when ready', async () => {
    expect((await send('GET', '/ping')).reply).toMatchObject({ status: 200, body: '' });
    for (const state of ['starting', 'draining', 'broken'] as const)
      expect((await send('GET', '/ping', { server: serverFacts(state) })).reply?.status).toBe(503);
  });

  test('models are listed and invoked by name', async () => {
    const catalogue = catalogueOf(modelFacts(), modelFacts({ name: 'wine' }));
    const iris = { modelName: 'iris', modelUrl: '/opt/ml/models/iris/model' };
    expect(shown(await send('GET', '/models', { catalogue })).document).toEqual({
      models: [iris, { modelName: 'wine', modelUrl: '/opt/ml/models/wine/model' }],
    });
    expect(shown(await send('GET', '/models/iris', { catalogue })).document).toEqual(iris);
    expect(shown(await send('GET', '/models/nope', { catalogue })).status).toBe(404);
    const sent = await send('POST', '/models/wine/invoke', { catalogue, body: '[[1,2,3,4]]' });
    expect(sent.decoded?.request.model).toBe('wine');
    expect((await send('POST', '/invocations', { catalogue, body: '[]' })).error?.code).toBe(
      'MODEL_AMBIGUOUS',
    );
  });

  test('beside MLflow the one listed first has /invocations, and both have their ping', async () => {
    const body = '{"dataframe_split":{"data":[[1,2,3,4]]}}';
    const path = '/invocations';
    expect((await sender([mlflow, sagemaker])('POST', path, { body })).decoded).toBeDefined();
    expect((await sender([sagemaker, mlflow])('POST', path, { body })).error?.code).toBe('INPUT_UNKNOWN');
    expect((await sender([sagemaker, mlflow])('GET', '/ping')).reply).toMatchObject({
      status: 200,
      body: '\n',
    });
  });
});

describe('casts', () => {
  const cast = (datatype: Datatype, tensor: Tensor) => [
    ...castTensor(tensor, { name: 'x', datatype, shape: null }).data,
  ];
  const whole = (...data: bigint[]): Tensor => ({
    name: '',
    datatype: 'INT64',
    shape: [data.length],
    data: BigInt64Array.from(data),
  });

  test('keep every value', () => {
    expect(cast('FP32', fp64([3], [0.1, Infinity, -0]))).toEqual([Math.fround(0.1), Infinity, -0]);
    expect(cast('FP16', fp64([1], [1.5]))).toEqual([0x3e00]);
    expect(cast('FP32', { name: '', datatype: 'FP16', shape: [1], data: Uint16Array.of(0x3e00) })).toEqual([
      1.5,
    ]);
    expect(cast('UINT8', whole(0n, 255n))).toEqual([0, 255]);
    expect(cast('UINT64', whole(2n ** 62n))).toEqual([2n ** 62n]);
    expect(cast('FP64', whole(3n))).toEqual([3]);
  });

  test.each([
    ['FP32', fp64([1], [1e39]), 'INPUT_VALUE'],
    ['FP16', fp64([1], [65_520]), 'INPUT_VALUE'],
    ['UINT8', whole(256n), 'INPUT_VALUE'],
    ['UINT64', whole(-1n), 'INPUT_VALUE'],
    ['INT64', fp64([1], [1]), 'INPUT_DATATYPE'],
    ['BYTES', fp64([1], [1]), 'INPUT_DATATYPE'],
    ['FP32', { name: '', datatype: 'BOOL', shape: [1], data: Uint8Array.of(1) }, 'INPUT_DATATYPE'],
  ] as const)('%s of %o is refused: %s', (datatype, tensor, code) => {
    expect(() => cast(datatype, tensor)).toThrow(expect.objectContaining({ code }));
  });
});
