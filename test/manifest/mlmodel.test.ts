import { describe, expect, test } from 'vitest';
import type { Signature } from '../../src/core/tensor.ts';
import { columnsProblem, completeManifest } from '../../src/manifest/complete.ts';
import { inferDraft } from '../../src/manifest/infer.ts';
import { readMlmodel, withMlmodel } from '../../src/manifest/mlmodel.ts';
import { mlmodelText } from './mlmodel-text.ts';

const iris: Signature = {
  inputs: [{ name: 'X', datatype: 'FP32', shape: ['', 4] }],
  outputs: [{ name: 'label', datatype: 'INT64', shape: [''] }],
};
const credit: Signature = {
  inputs: ['age', 'job'].map((name) => ({ name, datatype: 'FP32' as const, shape: ['', 1] })),
  outputs: [],
};
const column = (name: string | undefined, type = 'float') => ({ type, name, required: true });
const tensor = (shape: number[], name?: string) => ({
  name,
  type: 'tensor',
  'tensor-spec': { dtype: 'float64', shape },
});

function manifestOf(inputs: object[] | null, signature = iris) {
  const draft = withMlmodel(
    inferDraft('/m/iris/model.onnx'),
    readMlmodel(mlmodelText(inputs), 'MLmodel'),
    signature,
  );
  return completeManifest(draft, { signature }).manifest;
}

describe('an MLmodel file', () => {
  test('columns name the features of the one input', () => {
    const { inputs, serving } = manifestOf(['a b', 'c', 'd', 'e'].map((name) => column(name)));
    expect(inputs).toEqual([
      { name: 'X', datatype: 'FP32', shape: ['batch', 4], columns: ['a b', 'c', 'd', 'e'] },
    ]);
    expect(serving.protocols).toContain('mlflow');
    expect(serving.protocols).not.toContain('sagemaker');
  });

  test('columns of the names of the inputs say nothing new, in any order and with others between', () => {
    const { inputs } = manifestOf([column('id'), column('job'), column('age')], credit);
    expect(inputs.map(({ name, columns }) => [name, columns])).toEqual([
      ['age', undefined],
      ['job', undefined],
    ]);
  });

  test('tensors narrow free axes, by name or because there is only one', () => {
    const free: Signature = { ...iris, inputs: [{ name: 'X', datatype: 'FP32', shape: ['', ''] }] };
    for (const name of ['X', undefined])
      expect(manifestOf([tensor([-1, 7], name)], free).inputs[0]?.shape).toEqual(['batch', 7]);
  });

  test.each([null, [], [column(undefined, 'any')]])('a signature of %j says nothing', (inputs) => {
    expect(manifestOf(inputs).inputs).toEqual([{ name: 'X', datatype: 'FP32', shape: ['batch', 4] }]);
  });

  test.each([
    [[column('age')], credit, 'its signature has no column "job", and the model takes age, job'],
    [[tensor([-1, 4], 'x')], iris, 'its signature has the input "x", and the model takes X'],
    [[tensor([-1, 4])], credit, 'its signature has the input "", and the model takes age, job'],
  ])('the signature %j of another model is refused', (inputs, signature, problem) => {
    expect(() => manifestOf(inputs, signature)).toThrow(
      expect.objectContaining({
        code: 'MLMODEL_INVALID',
        exit: 2,
        message: `This MLmodel file cannot be served: ${problem}.`,
        details: expect.objectContaining({ at: { file: 'MLmodel', path: 'signature.inputs' } }),
      }),
    );
  });

  test('as many columns as the input has values, or none', () => {
    expect(() => manifestOf([column('a'), column('b')])).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_COLUMNS_COUNT',
        message: 'The input "X" has 4 values along its last axis but 2 columns.',
      }),
    );
    expect(() => manifestOf([tensor([-1, 5])])).toThrow(
      expect.objectContaining({ code: 'MANIFEST_TENSOR_SHAPE' }),
    );
  });

  test('columns of an input that a step has replaced belong nowhere', () => {
    expect(columnsProblem('X', ['a'], undefined)?.message).toBe(
      'The input "X" has no values along its last axis but 1 columns.',
    );
    expect(columnsProblem('X', ['a'], { shape: null })).toBeUndefined();
    expect(columnsProblem('X', ['a'], { shape: ['batch'] })).toBeUndefined();
    expect(columnsProblem('X', ['a', 'b'], { shape: ['batch'] })?.details.expected).toBe('1 columns');
  });

  test.each([
    [mlmodelText(null, 'sklearn'), 'it has no onnx flavour, only sklearn, python_function'],
    ['flavors: {}', 'it has no onnx flavour, none'],
    ['[]', 'it is not as MLflow writes it'],
    ['flavors: {onnx: {data: 3}}', 'flavors.onnx.data is not as MLflow writes it'],
    [
      'flavors: {onnx: {data: ../model.onnx}}',
      'its model path "../model.onnx" is refused: it leaves the folder',
    ],
    ['flavors: {onnx: {data: m.onnx}}\nsignature: {inputs: "[{"}', 'its signature is no JSON list of inputs'],
    ['flavors: {onnx: {data: m.onnx}}\nsignature: {inputs: "{}"}', 'its signature is no JSON list of inputs'],
  ])('%j is refused', (text, problem) => {
    expect(() => readMlmodel(text, 'MLmodel')).toThrow(
      expect.objectContaining({
        code: 'MLMODEL_INVALID',
        message: `This MLmodel file cannot be served: ${problem}.`,
      }),
    );
  });

  test('what is no YAML is refused as a manifest would be', () => {
    expect(() => readMlmodel('a: [', 'MLmodel')).toThrow(
      expect.objectContaining({ code: 'MANIFEST_SYNTAX' }),
    );
  });
});
