import { describe, expect, test } from 'vitest';
import { datatypes, type TensorSpec } from '../../../src/core/tensor.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { catalogueOf, modelFacts, withSignature } from '../catalogue.ts';
import { sender, shown } from '../send.ts';

const send = sender([v2]);
const x: TensorSpec = { name: 'x', datatype: 'FP32', shape: ['batch', 2] };
const n: TensorSpec = { name: 'n', datatype: 'INT64', shape: ['batch'] };
const y: TensorSpec = { name: 'y', datatype: 'FP32', shape: ['batch', 3] };
const model = withSignature([x], [y]);
const both = withSignature([x, n], [y, { ...y, name: 'z' }]);

const infer = (body: string, facts = model) =>
  send('POST', '/v2/models/iris/infer', { body, catalogue: catalogueOf(facts) });

async function inputs(body: string, facts = model) {
  const { decoded, error } = await infer(body, facts);
  if (!decoded) throw error;
  return decoded.request.inputs;
}

const one = (fields: string) => `{"inputs":[{${fields}}]}`;
const good = '"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]';

describe('a request in JSON', () => {
  test('flat or nested, the tensor is the same', async () => {
    const flat = await inputs(one('"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3,4.5]'));
    const nested = await inputs(one('"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3,4.5]]'));
    expect(flat).toEqual([{ ...x, shape: [2, 2], data: Float32Array.of(1, 2, 3, 4.5) }]);
    expect(nested).toEqual(flat);
  });

  test('keys come in any order, unknown ones are passed over, null is nothing', async () => {
    const body = `{"model_name":"other","parameters":null,"outputs":null,"id":null,
      "inputs":[{"data":[[1,2]],"parameters":null,"extra":{"deep":[1]},"datatype":"FP32","shape":[1,2],"name":"x"}]}`;
    expect(await inputs(body)).toEqual([{ ...x, shape: [1, 2], data: Float32Array.of(1, 2) }]);
  });

  test('several inputs come in the order sent', async () => {
    const body = `{"inputs":[{"name":"n","shape":[1],"datatype":"INT64","data":[9223372036854775807]},{${good}}]}`;
    expect(await inputs(body, both)).toMatchObject([
      { name: 'n', data: BigInt64Array.of(2n ** 63n - 1n) },
      { name: 'x' },
    ]);
  });

  test('a scalar is a list of one or the value itself', async () => {
    const facts = withSignature([{ name: 'x', datatype: 'FP64', shape: [] }]);
    for (const data of ['[7]', '7'])
      expect(await inputs(one(`"name":"x","shape":[],"datatype":"FP64","data":${data}`), facts)).toEqual([
        { name: 'x', datatype: 'FP64', shape: [], data: Float64Array.of(7) },
      ]);
  });

  test('empty tensors, flat and nested', async () => {
    for (const data of ['[]', '[[],[]]']) {
      const [tensor] = await inputs(one(`"name":"x","shape":[2,0],"datatype":"FP32","data":${data}`));
      expect(tensor).toMatchObject({ shape: [2, 0], data: new Float32Array(0) });
    }
  });

  test('NaN and the infinities are taken as the tokens Triton writes', async () => {
    const body = one('"name":"x","shape":[1,3],"datatype":"FP32","data":[NaN,Infinity,-Infinity]');
    expect(await inputs(body)).toMatchObject([
      { data: Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
    ]);
  });

  test('strings, and binary in base64', async () => {
    const facts = withSignature([{ name: 's', datatype: 'BYTES', shape: ['batch'] }]);
    const body = one('"name":"s","shape":[2],"datatype":"BYTES","data":["\\u00e9",{"b64":"/w=="}]');
    expect(await inputs(body, facts)).toMatchObject([{ data: ['é', Uint8Array.of(255)] }]);
  });

  test('id, outputs and parameters are carried along', async () => {
    const body = `{"id":"a1","inputs":[{${good}}],"outputs":[{"name":"z"},{"name":"y"}],
      "parameters":{"priority":3,"sequence_id":"s","timeout":1000}}`;
    const { decoded } = await infer(
      body.replace('}],', `},{"name":"n","shape":[1],"datatype":"INT64","data":[1]}],`),
      both,
    );
    expect(decoded?.request).toMatchObject({
      model: 'iris',
      outputs: ['z', 'y'],
      parameters: { priority: 3, sequence_id: 's', timeout: 1000 },
    });
    expect(decoded?.request).not.toHaveProperty('version');
  });

  test('a path with a version asks for that one', async () => {
    const catalogue = catalogueOf(model, { ...model, version: '2.1.0' });
    const ask = (version: string) =>
      send('POST', `/v2/models/iris/versions/${version}/infer`, { body: one(good), catalogue });
    expect((await ask('1')).decoded?.request.version).toBe('1');
    expect((await ask('2')).decoded?.request.version).toBe('2.1.0');
    expect(shown(await ask('3'))).toMatchObject({ status: 404 });
    expect((await ask('3')).error?.code).toBe('VERSION_NOT_FOUND');
  });

  test('MLServer content types that change nothing are passed over', async () => {
    for (const type of ['np', 'str', 'pd'])
      expect(await inputs(one(`${good},"parameters":{"content_type":"${type}"}`))).toHaveLength(1);
  });
});

describe('refusals', () => {
  test.each<[what: string, body: string, says: string]>([
    ['no object', '[]', '"the request" is [], which is not an object.'],
    ['no inputs', '{"id":"1"}', 'The request has no "inputs".'],
    ['inputs twice', `{"inputs":[{${good}}],"inputs":[]}`, 'The request has "inputs" twice.'],
    ['inputs that are no list', '{"inputs":{}}', '"inputs" is {}, which is not a list of objects.'],
    ['an input that is no object', '{"inputs":[7]}', '"inputs[0]" is 7, which is not an object.'],
    ['null for inputs', '{"inputs":null}', 'not a list of objects'],
    ['no name', one('"shape":[1,2],"datatype":"FP32","data":[1,2]'), '"inputs[0]" has no "name".'],
    ['no shape', one('"name":"x","datatype":"FP32","data":[1,2]'), '"inputs[0]" has no "shape".'],
    ['no datatype', one('"name":"x","shape":[1,2],"data":[1,2]'), '"inputs[0]" has no "datatype".'],
    ['no data', one('"name":"x","shape":[1,2],"datatype":"FP32"'), 'neither data nor binary_data_size'],
    ['null for data', one('"name":"x","shape":[1,2],"datatype":"FP32","data":null'), 'neither data nor'],
    ['a key twice', one(`${good},"name":"x"`), '"inputs[0]" has "name" twice.'],
    [
      'a negative length',
      one('"name":"x","shape":[-1,2],"datatype":"FP32","data":[]'),
      '"inputs[0].shape[0]" is -1',
    ],
    [
      'a product that overflows',
      one('"name":"x","shape":[4294967296,4294967296],"datatype":"FP32","data":[]'),
      'too many elements',
    ],
    [
      'fewer values than the shape',
      one('"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3]'),
      'holds data of shape [3], but its "shape" is [2,2]',
    ],
    [
      'more values than the shape',
      one('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2,3]'),
      'holds data of shape [3]',
    ],
    [
      'other nesting',
      one('"name":"x","shape":[2,3],"datatype":"FP32","data":[[1,2],[3,4],[5,6]]'),
      'holds data of shape [3,2]',
    ],
    [
      'ragged nesting',
      one('"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3]]'),
      'list of length 1',
    ],
    [
      'a wrong value',
      one('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,"a"]'),
      'Input "x" at [1] has the value "a"',
    ],
    ['data of an object', one('"name":"x","shape":[1,2],"datatype":"FP32","data":{}'), 'Input "x"'],
    [
      'a value beyond the datatype',
      one('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,1e39]'),
      'FP32 (a number up to 3.4e38)',
    ],
    [
      'an unknown input',
      one('"name":"q","shape":[1],"datatype":"FP32","data":[1]'),
      'no input named "q". Its inputs are: x.',
    ],
    [
      'a datatype in lower case',
      one('"name":"x","shape":[1,2],"datatype":"fp32","data":[1,2]'),
      'has datatype fp32, the model expects FP32',
    ],
    [
      'a datatype the runtime has not',
      one('"name":"x","shape":[1,2],"datatype":"BF16","data":[1,2]'),
      'has datatype BF16',
    ],
    ['an input twice', `{"inputs":[{${good}},{${good}}]}`, 'Input "x" is given twice.'],
    ['an id that is no string', `{"id":7,"inputs":[{${good}}]}`, '"id" is 7, which is not a string.'],
    ['outputs that are no list', `{"inputs":[{${good}}],"outputs":{}}`, '"outputs" is {}'],
    ['an output that is no object', `{"inputs":[{${good}}],"outputs":["y"]}`, '"outputs[0]" is "y"'],
    ['an output without a name', `{"inputs":[{${good}}],"outputs":[{}]}`, '"outputs[0]" has no "name".'],
    [
      'an unknown output',
      `{"inputs":[{${good}}],"outputs":[{"name":"q"}]}`,
      'no output named "q". Its outputs are: y.',
    ],
    ['an output twice', `{"inputs":[{${good}}],"outputs":[{"name":"y"},{"name":"y"}]}`, 'asked for twice'],
    [
      'a flag that is none',
      `{"inputs":[{${good}}],"outputs":[{"name":"y","parameters":{"binary_data":1}}]}`,
      'is 1, not true or false',
    ],
    [
      'a reserved parameter',
      `{"inputs":[{${good}}],"parameters":{"triton_x":1}}`,
      "starting with 'triton_' are reserved",
    ],
    [
      'a priority that is no whole number',
      `{"inputs":[{${good}}],"parameters":{"priority":"high"}}`,
      `'priority' is "high", not a whole number`,
    ],
    [
      'a time-out below nothing',
      `{"inputs":[{${good}}],"parameters":{"timeout":-1}}`,
      `'timeout' is -1, not a whole number`,
    ],
    ['parameters that are no object', `{"inputs":[{${good}}],"parameters":[]}`, '"parameters" is []'],
    ['something after the document', `{"inputs":[{${good}}]} {}`, 'must not be followed'],
    ['lists too deep', `{"inputs":[{${good}}],"x":${'['.repeat(70)}`, 'deeper than 64 levels'],
    ['nothing', '', 'the document is empty'],
  ])('%s', async (_, body, says) => {
    const sent = await infer(body);
    const { status, document } = shown(sent);
    expect(status).toBe(400);
    expect((document as { error: string }).error).toContain(says);
    expect((document as { error: string }).error).toContain(sent.error!.remedy);
  });

  test.each([
    ['shared memory', one(`${good},"parameters":{"shared_memory_region":"r","shared_memory_byte_size":8}`)],
    [
      'outputs in shared memory',
      `{"inputs":[{${good}}],"outputs":[{"name":"y","parameters":{"shared_memory_region":"r"}}]}`,
    ],
    ['MLServer base64', one(`${good},"parameters":{"content_type":"base64"}`)],
  ])('%s is not supported: 501, and what to do', async (_, body) => {
    const sent = await infer(body);
    expect(sent.error).toMatchObject({ code: 'FEATURE_UNSUPPORTED', grpc: 'UNIMPLEMENTED' });
    expect(shown(sent).status).toBe(501);
  });

  test('an unknown model', async () => {
    expect(shown(await infer('{}', modelFacts({ name: 'wine' })))).toMatchObject({
      status: 404,
      document: { error: expect.stringContaining('no model named "iris"') },
    });
  });

  test('every datatype is refused for every other', async () => {
    for (const sent of [...datatypes, 'BF16', ''])
      for (const datatype of datatypes) {
        if (sent === datatype) continue;
        const body = one(`"name":"x","shape":[0],"datatype":"${sent}","data":[]`);
        const { error } = await infer(body, withSignature([{ name: 'x', datatype, shape: ['batch'] }]));
        expect(error?.code).toBe('INPUT_DATATYPE');
      }
  });
});
