import { describe, expect, test } from 'vitest';
import { encodeFloat16 } from '../../../src/core/float16.ts';
import type { Tensor, TensorSpec } from '../../../src/core/tensor.ts';
import { classification, regression } from '../../../src/serve/protocols/tfs-results.ts';
import { withSignature } from '../catalogue.ts';

const out = (name: string, datatype: TensorSpec['datatype'], shape: TensorSpec['shape']): TensorSpec => ({
  name,
  datatype,
  shape,
});
const scores = out('scores', 'FP32', ['batch', 2]);
const classes = out('classes', 'BYTES', ['batch', 2]);
const scoreTensor: Tensor = { name: 'scores', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) };
const classTensor: Tensor = {
  name: 'classes',
  datatype: 'BYTES',
  shape: [1, 2],
  data: ['no', Buffer.from('yes é')],
};

describe('classification', () => {
  test.each([
    ['the only floats with a row per example', [out('y', 'FP64', ['n', 3]), out('z', 'INT64', ['n'])], ['y']],
    ['scores among several', [out('a', 'FP32', ['n', 2]), scores], ['scores']],
    [
      'probabilities among several',
      [out('a', 'FP32', ['n', 2]), out('probabilities', 'FP16', ['n', 3])],
      ['probabilities'],
    ],
    ['classes beside scores', [classes, scores], ['scores', 'classes']],
    ['classes alone', [out('top', 'BYTES', ['n', 3])], ['top']],
    ['an unknown rank', [out('y', 'FP32', null)], ['y']],
  ])('takes %s', (_, outputs, expected) => {
    expect(classification(withSignature([], outputs)).outputs).toEqual(expected);
  });

  test.each([
    ['nothing that fits', [out('y', 'FP32', ['n']), out('z', 'INT64', ['n', 2])], 'no output of floats'],
    [
      'two that may be meant',
      [out('y', 'FP32', ['n', 2]), out('z', 'FP32', ['n', 2])],
      '"y", "z" may each be',
    ],
  ])('refuses %s', (_, outputs, text) => {
    expect(() => classification(withSignature([], outputs))).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(text) }),
    );
  });

  test('labels are the strings of the model, then those of the manifest, then the index', () => {
    const both = classification(withSignature([], [classes, scores]));
    expect(both.read({ outputs: [classTensor, scoreTensor] }, 1)).toEqual([
      [
        { label: 'no', score: 1 },
        { label: 'yes é', score: 2 },
      ],
    ]);
    const facts = { ...withSignature([], [scores]), labels: new Map([['scores', ['left']]]) };
    expect(classification(facts).read({ outputs: [scoreTensor] }, 1)).toEqual([
      [
        { label: 'left', score: 1 },
        { label: '1', score: 2 },
      ],
    ]);
    const alone = classification(withSignature([], [classes]));
    expect(alone.read({ outputs: [classTensor] }, 1)[0]?.map(({ score }) => score)).toEqual([0, 0]);
  });

  test('scores have 32 bits', () => {
    const half: Tensor = {
      ...scoreTensor,
      datatype: 'FP16',
      data: Uint16Array.of(encodeFloat16(0.5), 0x7e00),
    };
    const read = (tensor: Tensor) =>
      classification(withSignature([], [{ ...scores, datatype: tensor.datatype }]))
        .read({ outputs: [tensor] }, 1)[0]
        ?.map(({ score }) => score);
    expect(read(half)).toEqual([0.5, Number.NaN]);
    const double: Tensor = { ...scoreTensor, datatype: 'FP64', data: Float64Array.of(0.1, 2) };
    expect(read(double)).toEqual([Math.fround(0.1), 2]);
  });

  test.each([
    ['another number of rows', [{ ...scoreTensor, shape: [2, 1] }], 'has shape [2,1] for 1 examples'],
    ['no rows', [{ ...scoreTensor, shape: [2] }], 'has shape [2] for 1 examples'],
    [
      'scores and classes that differ',
      [{ ...classTensor, shape: [1, 1], data: ['a'] }, scoreTensor],
      '2 scores and 1 classes',
    ],
  ])('refuses %s', (_, tensors, text) => {
    const reading = classification(withSignature([], tensors.length > 1 ? [classes, scores] : [scores]));
    expect(() => reading.read({ outputs: tensors }, 1)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(text) }),
    );
  });

  test('no examples give no results', () => {
    const none: Tensor = { ...scoreTensor, shape: [0, 2], data: new Float32Array(0) };
    expect(classification(withSignature([], [scores])).read({ outputs: [none] }, 0)).toEqual([]);
  });
});

describe('regression', () => {
  test.each([
    ['[batch]', [out('y', 'FP32', ['n']), out('z', 'FP32', ['n', 3])], 'y'],
    ['[batch, 1]', [out('y', 'FP64', ['n', 1])], 'y'],
    ['[batch, free]', [out('y', 'FP64', ['n', ''])], 'y'],
    ['an unknown rank', [out('y', 'FP16', null)], 'y'],
    ['outputs among several', [out('y', 'FP32', ['n']), out('outputs', 'FP32', ['n'])], 'outputs'],
  ])('takes %s', (_, outputs, expected) => {
    expect(regression(withSignature([], outputs)).outputs).toEqual([expected]);
  });

  test.each([
    ['nothing that fits', [out('y', 'FP32', ['n', 2]), out('z', 'INT64', ['n'])], 'no output of floats'],
    ['two that may be meant', [out('y', 'FP32', ['n']), out('z', 'FP32', ['n'])], '"y", "z" may each be'],
  ])('refuses %s', (_, outputs, text) => {
    expect(() => regression(withSignature([], outputs))).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(text) }),
    );
  });

  test.each([
    [[2], Float32Array.of(1.5, 2)],
    [[2, 1], Float32Array.of(1.5, 2)],
  ])('reads %j', (shape, data) => {
    const reading = regression(withSignature([], [out('y', 'FP32', null)]));
    expect(reading.read({ outputs: [{ name: 'y', datatype: 'FP32', shape, data }] }, 2)).toEqual([1.5, 2]);
  });
});
