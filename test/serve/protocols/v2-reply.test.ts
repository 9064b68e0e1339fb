import { describe, expect, test } from 'vitest';
import type { Tensor, TensorSpec } from '../../../src/core/tensor.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { classify } from '../../../src/serve/protocols/v2-classify.ts';
import { catalogueOf, modelFacts, replyText } from '../catalogue.ts';
import { sender, shown } from '../send.ts';
import { rawBytes, readReply } from './v2-client.ts';

const send = sender([v2]);
const spec = (name: string, datatype: TensorSpec['datatype'], ...shape: (string | number)[]): TensorSpec => ({
  name,
  datatype,
  shape,
});
const facts = modelFacts({
  signature: {
    inputs: [spec('x', 'FP32', 'batch')],
    outputs: [
      spec('p', 'FP32', 'batch', 3),
      spec('label', 'BYTES', 'batch'),
      spec('count', 'INT64', 'batch'),
    ],
  },
  labels: new Map([['p', ['cat', 'dog']]]),
});
const p: Tensor = {
  name: 'p',
  datatype: 'FP32',
  shape: [2, 3],
  data: Float32Array.of(0.1, 0.7, 0.2, 3, 1, 2),
};
const label: Tensor = { name: 'label', datatype: 'BYTES', shape: [2], data: ['dog', 'é"'] };
const count: Tensor = {
  name: 'count',
  datatype: 'INT64',
  shape: [2],
  data: BigInt64Array.of(2n ** 53n + 1n, -1n),
};

async function reply(more: string, outputs: Tensor[]) {
  const body = `{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]${more}}`;
  const sent = await send('POST', '/v2/models/iris/infer', { body, catalogue: catalogueOf(facts) });
  if (!sent.decoded) throw sent.error;
  return sent.decoded.encode({ model: 'iris', version: '1', outputs });
}

describe('replies', () => {
  test('are flat, exact, and name model and version', async () => {
    const { headers, status, body } = await reply('', [p, label, count]);
    expect({ headers, status }).toEqual({ headers: { 'content-type': 'application/json' }, status: 200 });
    expect(replyText({ headers, status, body })).toBe(
      '{"model_name":"iris","model_version":"1","outputs":[' +
        '{"name":"p","datatype":"FP32","shape":[2,3],"data":[0.1,0.7,0.2,3,1,2]},' +
        '{"name":"label","datatype":"BYTES","shape":[2],"data":["dog","é\\""]},' +
        '{"name":"count","datatype":"INT64","shape":[2],"data":[9007199254740993,-1]}]}',
    );
  });

  test('echo the id, whatever it holds, and have none when none was sent', async () => {
    const id = 'a"\\\n é';
    const { document } = readReply(await reply(`,"id":${JSON.stringify(id)}`, [p]));
    expect(document.id).toBe(id);
    expect(readReply(await reply('', [p])).document).not.toHaveProperty('id');
    expect(readReply(await reply(',"id":""', [p])).document.id).toBe('');
  });

  test('scalars and empty tensors keep their shape', async () => {
    const scalar: Tensor = { name: 'p', datatype: 'FP64', shape: [], data: Float64Array.of(2.5) };
    const empty: Tensor = { name: 'count', datatype: 'INT64', shape: [0, 4], data: new BigInt64Array(0) };
    expect(readReply(await reply('', [scalar, empty])).document.outputs).toEqual([
      { name: 'p', datatype: 'FP64', shape: [], data: [2.5] },
      { name: 'count', datatype: 'INT64', shape: [0, 4], data: [] },
    ]);
  });

  test('values that are not finite are the tokens Triton writes', async () => {
    const data = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    expect(replyText(await reply('', [{ ...p, shape: [3], data }]))).toContain(
      '"data":[NaN,Infinity,-Infinity]',
    );
  });
});

describe('replies in raw bytes', () => {
  test('for all outputs, in their order', async () => {
    const sent = await reply(',"parameters":{"binary_data_output":true}', [p, label, count]);
    const { document, blobs } = readReply(sent);
    expect(sent.headers['content-type']).toBe('application/octet-stream');
    expect(document.outputs.map(({ parameters }) => parameters?.binary_data_size)).toEqual([24, 14, 16]);
    for (const tensor of [p, label, count]) expect(blobs.get(tensor.name)).toEqual(rawBytes(tensor));
  });

  test('an output decides for itself', async () => {
    const some = ',"outputs":[{"name":"p","parameters":{"binary_data":true}},{"name":"label"}]';
    const first = readReply(await reply(some, [p, label]));
    expect([...first.blobs.keys()]).toEqual(['p']);
    expect(first.document.outputs[1]?.data).toEqual(['dog', 'é"']);
    const not =
      ',"outputs":[{"name":"p","parameters":{"binary_data":false}},{"name":"label"}],"parameters":{"binary_data_output":true}';
    const second = readReply(await reply(not, [p, label]));
    expect([...second.blobs.keys()]).toEqual(['label']);
  });

  test('have no header and stay JSON when no blob holds a byte', async () => {
    const empty: Tensor = { name: 'p', datatype: 'FP32', shape: [0, 3], data: new Float32Array(0) };
    const sent = await reply(',"parameters":{"binary_data_output":true}', [empty]);
    expect(sent.headers).toEqual({ 'content-type': 'application/json' });
    expect(readReply(sent).document.outputs).toEqual([
      { name: 'p', datatype: 'FP32', shape: [0, 3], parameters: { binary_data_size: 0 } },
    ]);
  });
});

describe('classification', () => {
  test('names the best classes of each row with their labels', async () => {
    const more = ',"outputs":[{"name":"p","parameters":{"classification":2}}]';
    expect(readReply(await reply(more, [p])).document.outputs).toEqual([
      {
        name: 'p',
        datatype: 'BYTES',
        shape: [2, 2],
        data: ['0.700000:1:dog', '0.200000:2', '3.000000:0:cat', '2.000000:2'],
      },
    ]);
  });

  test('goes in raw bytes, too', async () => {
    const more = ',"outputs":[{"name":"p","parameters":{"classification":1,"binary_data":true}}]';
    const { document, blobs } = readReply(await reply(more, [p]));
    expect(document.outputs[0]).toMatchObject({ datatype: 'BYTES', shape: [2, 1] });
    expect(blobs.get('p')?.toString('utf8', 4, 18)).toBe('0.700000:1:dog');
  });

  test('gives no more classes than there are, and all of a tensor without a batch axis', () => {
    const plain: Tensor = { name: 'p', datatype: 'INT32', shape: [3], data: Int32Array.of(5, -7, 5) };
    expect(classify(plain, 9, false)).toEqual({
      name: 'p',
      datatype: 'BYTES',
      shape: [3],
      data: ['5:0', '5:2', '-7:1'],
    });
  });

  test('puts what is no number last and writes it as C++ does', () => {
    const data = Float64Array.of(Number.NaN, Number.NEGATIVE_INFINITY, 1e21, Number.POSITIVE_INFINITY, -0.5);
    expect(classify({ name: 'p', datatype: 'FP64', shape: [1, 5], data }, 5, true).data).toEqual([
      'inf:3',
      '1000000000000000000000.000000:2',
      '-0.500000:4',
      '-inf:1',
      'nan:0',
    ]);
  });

  test('orders 64-bit integers exactly, and half floats by value', () => {
    const large = BigInt64Array.of(2n ** 53n, 2n ** 53n + 1n);
    expect(classify({ name: 'p', datatype: 'INT64', shape: [1, 2], data: large }, 1, true).data).toEqual([
      '9007199254740993:1',
    ]);
    const halves = Uint16Array.of(0xbc00, 0x3800);
    expect(classify({ name: 'p', datatype: 'FP16', shape: [1, 2], data: halves }, 2, true).data).toEqual([
      '0.500000:1',
      '-1.000000:0',
    ]);
  });

  test('an empty batch has no classes', () => {
    const empty: Tensor = { name: 'p', datatype: 'FP32', shape: [0, 3], data: new Float32Array(0) };
    expect(classify(empty, 2, true)).toMatchObject({ shape: [0, 0], data: [] });
  });

  test.each(['-1', '1.5', '"2"', 'true'])('%s classes are refused', async (classes) => {
    const body = `{"inputs":[],"outputs":[{"name":"p","parameters":{"classification":${classes}}}]}`;
    const sent = await send('POST', '/v2/models/iris/infer', { body, catalogue: catalogueOf(facts) });
    expect(shown(sent).status).toBe(400);
    expect(sent.error?.message).toContain('classification of output "p"');
  });

  test('strings have no order to classify by', async () => {
    const body = '{"inputs":[],"outputs":[{"name":"label","parameters":{"classification":2}}]}';
    const sent = await send('POST', '/v2/models/iris/infer', { body, catalogue: catalogueOf(facts) });
    expect(sent.error).toMatchObject({ http: 400, message: expect.stringContaining('is BYTES') });
  });

  test('zero classes are no classification', async () => {
    const more = ',"outputs":[{"name":"p","parameters":{"classification":0}}]';
    expect(readReply(await reply(more, [p])).document.outputs[0]?.datatype).toBe('FP32');
  });
});
