import { describe, expect, test } from 'vitest';
import type { InferResponse } from '../../../src/core/inference.ts';
import type { Signature, Tensor } from '../../../src/core/tensor.ts';
import { openapiDocument } from '../../../src/serve/openapi.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { modelFacts, replyText } from '../catalogue.ts';
import { refused, send } from './tfs-call.ts';

const signature: Signature = {
  inputs: [
    { name: 'age', datatype: 'INT64', shape: ['batch'] },
    { name: 'pixels', datatype: 'FP32', shape: ['batch', 2] },
    { name: 'job', datatype: 'BYTES', shape: ['batch', 1] },
  ],
  outputs: [
    { name: 'label', datatype: 'INT64', shape: ['batch'] },
    { name: 'probabilities', datatype: 'FP32', shape: ['batch', 3] },
    { name: 'price', datatype: 'FP64', shape: ['batch', 1] },
  ],
};
const labels = new Map([['probabilities', ['setosa', 'versicolor']]]);
const flowers = modelFacts({ signature, labels });
const probabilities: Tensor = {
  name: 'probabilities',
  datatype: 'FP32',
  shape: [2, 3],
  data: Float32Array.of(0.25, 0.5, 2, 1e-8, Number.NaN, 0.2),
};
const price: Tensor = { name: 'price', datatype: 'FP64', shape: [2, 1], data: Float64Array.of(9e6, 0.1) };
const first = '{"age": 39, "pixels": [0.5, 1.0], "job": "clerk"}';
const second = '{"age": [40], "pixels": [2, 3], "job": {"b64": "/w=="}}';
const body = `{"examples": [${first}, ${second}]}`;

function ask(method: string, text = body, model = flowers, path = '/v1/models/iris') {
  const { decoded, reply } = send('POST', `${path}:${method}`, text, [model]);
  if (!decoded) throw new Error(replyText(reply!));
  const answer = (outputs: readonly Tensor[]) => {
    const response: InferResponse = { model: 'iris', version: '1', outputs };
    return replyText(decoded.encode(response));
  };
  return { request: decoded.request, answer };
}

function refusal(method: string, text: string, model = flowers) {
  return refused('POST', `/v1/models/iris:${method}`, text, [model]);
}

describe('examples', () => {
  test('fill the inputs that are named as their features, one row each', () => {
    expect(ask('classify').request).toEqual({
      model: 'iris',
      inputs: [
        { name: 'age', datatype: 'INT64', shape: [2], data: BigInt64Array.of(39n, 40n) },
        { name: 'pixels', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(0.5, 1, 2, 3) },
        { name: 'job', datatype: 'BYTES', shape: [2, 1], data: ['clerk', new Uint8Array([0xff])] },
      ],
      outputs: ['probabilities'],
    });
  });

  test('context holds what all of them share, wherever it stands; an example has its own first', () => {
    const context = '"context": {"job": "any", "age": 1}';
    for (const text of [
      `{${context}, "examples": [{"pixels": [1, 2]}, {"age": 2, "pixels": [3, 4]}]}`,
      `{"examples": [{"pixels": [1, 2]}, {"age": 2, "pixels": [3, 4]}], "other": [{}], ${context}} and more`,
    ]) {
      const { inputs } = ask('regress', text).request;
      expect(inputs.map(({ data }) => [...data])).toEqual([
        [1n, 2n],
        [1, 2, 3, 4],
        ['any', 'any'],
      ]);
    }
  });

  test('features that no input is named after are passed over', () => {
    const text = `{"examples": [${first.replace('{', '{"id": [7.5, 8.5], "": "x", ')}]}`;
    expect(ask('classify', text).request.inputs.map(({ name }) => name)).toEqual(['age', 'pixels', 'job']);
  });

  test('a version, a label and the signature are taken as for predict', () => {
    const text = `{"signature_name": "serving_default", "examples": [${first}]}`;
    expect(ask('classify', text, flowers, '/v1/models/iris/versions/1').request.version).toBe('1');
    expect(refusal('classify', '{"signature_name": "other", "examples": []}')).toEqual([
      400,
      'Serving signature name: "other" not found in signature def',
    ]);
    expect(refused('POST', '/v1/models/none:classify', body, [flowers])[0]).toBe(404);
  });
});

describe('results', () => {
  test('of classify: label and score of every class, in the order of the model', () => {
    expect(ask('classify').answer([probabilities])).toBe(
      '{\n    "results": [[["setosa", 0.25], ["versicolor", 0.5], ["2", 2.0]], [["setosa", 1e-08], ["versicolor", NaN], ["2", 0.2]]]\n}\n',
    );
  });

  test('of regress: a number per example', () => {
    const { request, answer } = ask('regress');
    expect(request.outputs).toEqual(['price']);
    expect(answer([price])).toBe('{\n    "results": [9e+06, 0.1]\n}\n');
  });

  test.each([
    ['classify', [{ ...probabilities, shape: [1, 6] }], 'has shape [1,6] for 2 examples'],
    ['classify', [{ ...probabilities, shape: [6] }], 'has shape [6] for 2 examples'],
    ['regress', [{ ...price, shape: [1, 2] }], 'is not one number per example'],
    ['regress', [{ ...price, shape: [2, 2], data: new Float64Array(4) }], 'is not one number per example'],
  ])('of %s that are not one per example are refused', (method, outputs, text) => {
    expect(() => ask(method).answer(outputs)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(text) }),
    );
  });
});

describe('what is refused', () => {
  test.each([
    ['', 'JSON Parse error: The document is empty'],
    ['[]', 'JSON Value: [] Is not object'],
    ['{}', "Missing 'examples' key"],
    ['{"instances": [1]}', "Missing 'examples' key"],
    ['{"examples": []}', "No values in 'examples' array"],
    ['{"examples": {}}', "JSON Value: {} Expecting 'examples' to be an list/array"],
    ['{"examples": [1]}', 'JSON Value: 1 in examples[0] Is not object'],
    ['{"examples": [{"b64": "AA=="}]}', 'in examples[0] Is not object'],
    [`{"examples": [${first}], "context": []}`, 'JSON Value: [] in context Is not object'],
    [`{"examples": [${first}], "examples": []}`, 'examples'],
    ['{"examples": [{"age": 1, "age": 2}]}', 'age'],
    ['{"examples": [{"age": 1}]}', 'Feature: pixels (data type: float) is required but could not be found.'],
    ['{"examples": [{"age": [[1]]}]}', 'Feature: age JSON Value: [1] is not a number up to 64 bits'],
    ['{"examples": [{"age": null}]}', 'Feature: age JSON Value: null is not'],
    ['{"examples": [{"age": {}}]}', 'Feature: age JSON Value: {} is not'],
    ['{"examples": [{"age": 9223372036854775808}]}', 'Feature: age JSON Value: 9223372036854775808 is not'],
    ['{"examples": [{"age": 1e400}]}', 'Feature: age JSON Value: 1e400 is not'],
    ['{"examples": [{"job": {"b64": "?"}}]}', 'job'],
    ['{"examples": [{"age": [1, 1.5]}]}', 'Unexpected element type in feature: age expecting type: int64'],
    ['{"examples": [{"age": [1.5, 1]}]}', 'Unexpected element type in feature: age expecting type: float'],
    ['{"examples": [{"age": ["a", true]}]}', 'Unexpected element type in feature: age expecting type: bytes'],
    [
      `{"examples": [${first.replace('39', '1.5')}]}`,
      'Input "age" of examples[0] has the value 1.5, which is not INT64',
    ],
    [
      `{"examples": [${first}, ${first.replace('[0.5, 1.0]', '[1.0]')}]}`,
      'Feature "pixels" of examples[1] has 1 values, but a row of the model takes 2.',
    ],
    ['{"examples": [{"age": 1}', 'JSON Parse error'],
  ])('%s', (text, words) => {
    const [status, error] = refusal('classify', text);
    expect(status).toBe(400);
    expect(error).toContain(words);
  });

  test('a context that would be written out too often', () => {
    const pixels = `[${Array<number>(2000).fill(1)}]`;
    const model = modelFacts({
      signature: {
        inputs: [{ name: 'pixels', datatype: 'FP64', shape: ['batch', 2000] }],
        outputs: signature.outputs,
      },
    });
    const text = `{"context": {"pixels": ${pixels}}, "examples": [${Array<string>(5000).fill('{}')}]}`;
    expect(refusal('classify', text, model)).toEqual([
      413,
      'The request body is larger than the limit of 67108864 bytes.',
    ]);
  });

  test.each([
    [
      'classify',
      ['a', 'b'].map((name) => ({ name, datatype: 'FP32' as const, shape: ['batch', 2] })),
      'cannot be asked to classify: "a", "b" may each be its result.',
    ],
    ['classify', signature.outputs.slice(0, 1), 'it has no output of floats [batch, classes].'],
    ['regress', signature.outputs.slice(0, 2), 'it has no output of floats [batch] or [batch, 1].'],
  ])('%s of a model whose outputs are no such results', (method, outputs, words) => {
    const model = modelFacts({ signature: { ...signature, outputs } });
    const [status, error] = refusal(method, body, model);
    expect(status).toBe(400);
    expect(error).toContain(words);
  });
});

test('OpenAPI has classify and regress where the model fits, with an example that is taken', () => {
  const { paths } = openapiDocument([tfs], [flowers]) as { paths: Record<string, { post?: Operation }> };
  for (const method of ['classify', 'regress']) {
    const content = paths[`/v1/models/iris:${method}`]?.post?.requestBody.content['application/json'];
    expect(content?.schema).toMatchObject({
      properties: {
        examples: { items: { properties: { pixels: { type: 'array', minItems: 2, maxItems: 2 } } } },
      },
    });
    expect(ask(method, JSON.stringify(content?.example)).request.inputs).toHaveLength(3);
  }
  const plain = modelFacts({ signature: { ...signature, outputs: signature.outputs.slice(0, 1) } });
  const other = openapiDocument([tfs], [plain]) as { paths: object };
  expect(Object.keys(other.paths).filter((path) => /classify|regress/.test(path))).toEqual([]);
});

interface Operation {
  readonly requestBody: {
    readonly content: Record<string, { readonly schema: object; readonly example: unknown }>;
  };
}
