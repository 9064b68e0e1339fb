import { describe, expect, test } from 'vitest';
import type { Signature, Tensor } from '../../../src/core/tensor.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { tfsGrpc } from '../../../src/serve/protocols/tfs-grpc.ts';
import { catalogueOf, modelFacts, replyText } from '../catalogue.ts';
import { openGrpcWith } from '../doors/opened-grpc.ts';
import { decodeReply, grpcSender } from '../grpc-send.ts';
import { sender } from '../send.ts';

const service = 'tensorflow.serving.PredictionService';
const signature: Signature = {
  inputs: [
    { name: 'age', datatype: 'INT64', shape: ['batch'] },
    { name: 'pixels', datatype: 'FP32', shape: ['batch', 2] },
    { name: 'job', datatype: 'BYTES', shape: ['batch'] },
  ],
  outputs: [
    { name: 'probabilities', datatype: 'FP32', shape: ['batch', 2] },
    { name: 'price', datatype: 'FP32', shape: ['batch'] },
  ],
};
const catalogue = catalogueOf(
  modelFacts({ version: '2', signature }),
  modelFacts({ signature }),
  modelFacts({ name: 'other', signature }),
);
const outputs: Tensor[] = [
  { name: 'probabilities', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(0.1, 0.9, 0.75, 0.25) },
  { name: 'price', datatype: 'FP32', shape: [2], data: Float32Array.of(0.2, -7) },
];
const age = { int64List: { value: ['9223372036854775807'] } };
const pixels = { floatList: { value: [0.1, 2] } };
const job = { bytesList: { value: [Buffer.from('clerk')] } };
const examples = [
  { features: { feature: { age, pixels, job, more: pixels } } },
  { features: { feature: { age, pixels: { int64List: { value: [3, 4] } }, job } } },
];
const input = { exampleList: { examples } };
const modelSpec = { name: 'iris' };
const send = grpcSender(tfsGrpc);
const ask = (method: string, request: object) => send(`${service}/${method}`, request, { catalogue });

function answer(method: string, request: object) {
  const { decoded, text } = ask(method, request);
  if (!decoded) throw new Error(text);
  const wanted = outputs.filter(({ name }) => decoded.request.outputs?.includes(name));
  const bytes = decoded.encode({ model: 'iris', version: '2', outputs: wanted });
  return decodeReply(`${service}/${method}`, bytes, true);
}

const spec = { name: 'iris', version: { value: '2' }, signatureName: 'serving_default' };
const classifications = {
  classifications: [
    {
      classes: [
        { label: '0', score: Math.fround(0.1) },
        { label: '1', score: Math.fround(0.9) },
      ],
    },
    {
      classes: [
        { label: '0', score: 0.75 },
        { label: '1', score: 0.25 },
      ],
    },
  ],
};
const regressions = { regressions: [{ value: Math.fround(0.2) }, { value: -7 }] };

describe('examples', () => {
  const expected = [
    { name: 'age', datatype: 'INT64', shape: [2], data: BigInt64Array.of(2n ** 63n - 1n, 2n ** 63n - 1n) },
    { name: 'pixels', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(0.1, 2, 3, 4) },
    { name: 'job', datatype: 'BYTES', shape: [2], data: [Buffer.from('clerk'), Buffer.from('clerk')] },
  ];

  test('fill the inputs that are named as their features', () => {
    const { decoded } = ask('Classify', { modelSpec, input });
    expect(decoded?.request).toEqual({ model: 'iris', inputs: expected, outputs: ['probabilities'] });
  });

  test('with a context, and a feature of no kind in its place', () => {
    const context = { features: { feature: { age, job } } };
    const bare = examples.map(({ features: { feature } }) => ({
      features: { feature: { pixels: feature.pixels, age: {} } },
    }));
    const { decoded } = ask('Regress', {
      modelSpec: { ...modelSpec, version: { value: 1 } },
      input: { exampleListWithContext: { examples: bare, context } },
    });
    expect(decoded?.request).toEqual({ model: 'iris', version: '1', inputs: expected, outputs: ['price'] });
  });
});

describe('results', () => {
  test('of Classify', () => {
    expect(answer('Classify', { modelSpec, input })).toMatchObject({
      result: classifications,
      modelSpec: spec,
    });
  });

  test('of Regress', () => {
    expect(answer('Regress', { modelSpec, input })).toMatchObject({ result: regressions, modelSpec: spec });
  });

  test('of MultiInference: one run, a result per task, in their order', () => {
    const tasks = ['regress', 'classify'].map((method) => ({
      modelSpec,
      methodName: `tensorflow/serving/${method}`,
    }));
    const { decoded } = ask('MultiInference', { tasks, input });
    expect(decoded?.request.outputs).toEqual(['price', 'probabilities']);
    expect(answer('MultiInference', { tasks, input })).toMatchObject({
      results: [
        { modelSpec: spec, regressionResult: regressions },
        { modelSpec: spec, classificationResult: classifications },
      ],
    });
  });

  test('are those of REST', async () => {
    const rest = sender([tfs]);
    const body = `{"examples": [{"age": 1, "pixels": [0.5, 1.5], "job": "a"}, {"age": 2, "pixels": [3, 4], "job": "b"}]}`;
    const results = async (method: string) => {
      const { decoded } = await rest('POST', `/v1/models/iris:${method}`, { body, catalogue });
      const reply = decoded!.encode({ model: 'iris', version: '2', outputs });
      return (JSON.parse(replyText(reply)) as { results: unknown }).results;
    };
    const classes = classifications.classifications.map((row) =>
      row.classes.map(({ label, score }) => [label, Number(score.toPrecision(7))]),
    );
    expect(await results('classify')).toEqual(classes);
    expect(await results('regress')).toEqual([0.2, -7]);
  });
});

describe('what is refused', () => {
  const task = { modelSpec, methodName: 'tensorflow/serving/classify' };

  test.each([
    ['Classify', { input }, 'ModelSpec has no name specified.'],
    ['Classify', { modelSpec: { name: 'no' }, input }, 'Servable not found for request: Latest(no)'],
    ['Regress', { modelSpec }, 'Input is empty.'],
    ['Regress', { modelSpec, input: {} }, 'Input is empty.'],
    ['Regress', { modelSpec, input: { exampleList: {} } }, 'Input is empty.'],
    [
      'Classify',
      { modelSpec, input: { exampleList: { examples: [{}] } } },
      'Feature: age (data type: int64) is required but could not be found.',
    ],
    [
      'Classify',
      { modelSpec: { ...modelSpec, signatureName: 'a' }, input },
      'Serving signature key "a" not found.',
    ],
    ['MultiInference', { input }, 'MultiInferenceRequest has no tasks.'],
    ['MultiInference', { tasks: [{ modelSpec }], input }, 'Unsupported signature method_name: '],
    ['MultiInference', { tasks: [task, task], input }, 'Duplicate evaluation of signature: serving_default'],
    [
      'MultiInference',
      { tasks: [task, { ...task, modelSpec: { name: 'other' } }], input },
      'All ModelSpecs in a MultiInferenceRequest must access the same model name.',
    ],
    [
      'MultiInference',
      { tasks: [task, { ...task, modelSpec: { name: 'iris', version: { value: 1 } } }], input },
      'All ModelSpecs in a MultiInferenceRequest must access the same model name.',
    ],
  ])('%s of %j', (method, request, words) => {
    const { error, text } = ask(method, request);
    expect(error?.grpc).toMatch(/^(INVALID_ARGUMENT|NOT_FOUND|FAILED_PRECONDITION)$/);
    expect(text).toBe(words);
  });

  test('a context that a small message would have written out for many examples', () => {
    const given = {
      examples: Array<object>(1000).fill({}),
      context: { features: { feature: { age, pixels, job } } },
    };
    const request = { modelSpec, input: { exampleListWithContext: given } };
    const { error } = send(`${service}/Classify`, request, { catalogue, maxBytes: 7999 });
    expect(error).toMatchObject({ code: 'BODY_TOO_LARGE', grpc: 'RESOURCE_EXHAUSTED' });
  });
});

test('over a real connection', async () => {
  const { client } = await openGrpcWith({
    signature: {
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 2] }],
    },
  });
  const feature = { x: { floatList: { value: [0.25, 0.75] } } };
  const request = {
    modelSpec: { name: 'echo' },
    input: { exampleList: { examples: [{ features: { feature } }] } },
  };
  expect(await client.call(`${service}/Classify`, request)).toMatchObject({
    result: {
      classifications: [
        {
          classes: [
            { label: '0', score: 0.25 },
            { label: '1', score: 0.75 },
          ],
        },
      ],
    },
    modelSpec: { name: 'echo', version: { value: '1' } },
  });
});
