import { describe, expect, test } from 'vitest';
import type { Datatype, Dim, TensorSpec } from '../../src/core/tensor.ts';
import { guess } from '../../src/init/guess.ts';
import type { OnnxModel } from '../../src/onnx/model.ts';

const spec = (shape: readonly Dim[] | null, datatype: Datatype = 'FP32', name = 't'): TensorSpec => ({
  name,
  datatype,
  shape,
});

function guessed(inputs: TensorSpec[], outputs: TensorSpec[], operators: string[] = [], producer = '') {
  const onnx = {
    producer: { name: producer, version: '' },
    metadata: new Map(),
    zipMaps: [],
    operators: operators.map((name) => ({ domain: 'ai.onnx', name, count: 1 })),
  } as unknown as OnnxModel;
  return guess(onnx, { inputs, outputs });
}

describe('pictures', () => {
  test.each<[readonly Dim[], Datatype, object]>([
    [['N', 3, 224, 224], 'FP32', { mode: 'rgb', size: [224, 224], scaled: true }],
    [['N', 224, 192, 3], 'FP32', { mode: 'rgb', size: [224, 192], scaled: true }],
    [['N', 1, 28, 28], 'FP32', { mode: 'gray', size: [28, 28], scaled: true }],
    [['N', 8, 8, 1], 'UINT8', { mode: 'gray', size: [8, 8], scaled: false }],
    [['N', 3, 'H', 'W'], 'FP32', { mode: 'rgb', scaled: true }],
  ])('%j %s', (shape, datatype, image) => {
    expect(guessed([spec(shape, datatype)], []).image).toEqual({ name: 't', ...image });
  });

  test.each<[readonly Dim[] | null, Datatype]>([
    [['N', 3], 'FP32'],
    [['N', 64, 56, 56], 'FP32'],
    [['N', 3, 4, 4], 'FP32'],
    [['N', 3, 224, 224], 'INT64'],
    [['N', 3, 16, 224, 224], 'FP32'],
    [null, 'FP32'],
  ])('%j %s is none', (shape, datatype) => {
    expect(guessed([spec(shape, datatype)], []).image).toBeUndefined();
  });

  test('are not guessed among several inputs', () => {
    const image = spec(['N', 3, 224, 224]);
    expect(guessed([image, spec(['N', 4], 'FP32', 'b')], []).image).toBeUndefined();
  });
});

describe('class scores', () => {
  test('are logits unless the graph makes probabilities', () => {
    const scores = { name: 't', classes: 10, isOnly: true };
    expect(guessed([], [spec(['N', 10])]).scores).toEqual({ ...scores, areLogits: true });
    for (const operator of ['Softmax', 'Sigmoid', 'LinearClassifier', 'TreeEnsembleClassifier'])
      expect(guessed([], [spec(['N', 10])], [operator]).scores).toEqual({ ...scores, areLogits: false });
  });

  test.each([
    ['one value is a regression', [spec(['N', 1])]],
    ['whole numbers are no scores', [spec(['N', 10], 'INT64')]],
    ['two candidates leave it open', [spec(['N', 10]), spec(['N', 5], 'FP32', 'u')]],
    ['a label output already names the class', [spec(['N'], 'INT64', 'label'), spec(['N', 3], 'FP32', 'p')]],
    ['a map is no row of classes', [spec(['N', 10, 8, 8])]],
  ])('%s', (_, outputs) => {
    expect(guessed([], outputs).scores).toBeUndefined();
  });
});

test.each([
  ['pytorch', 'pytorch'],
  ['tf2onnx', 'tensorflow'],
  ['skl2onnx', 'sklearn'],
  ['CatBoost', 'catboost'],
  ['PaddlePaddle', 'paddle'],
  ['onnx-caffe2', 'caffe2'],
  ['OnnxMLTools', undefined],
  ['', undefined],
])('producer %j is %s', (producer, framework) => {
  expect(guessed([], [], [], producer).framework).toBe(framework);
});
