import { describe, expect, test } from 'vitest';
import type { Tensor, TensorSpec } from '../../../src/core/tensor.ts';
import type { ModelFacts } from '../../../src/serve/protocol.ts';
import { modelFacts, withSignature } from '../catalogue.ts';
import { answer, credit, half, inputsOf, iris, refused } from './plain-call.ts';

const probabilities = (rows: number): Tensor => ({
  name: 'probabilities',
  datatype: 'FP32',
  shape: [rows, 3],
  data: Float32Array.from({ length: rows * 3 }, (_, index) => index / 10),
});
const oneRow = [['X', [1, 4], [1, 2, 3, 4]]];
const twoRows = [['X', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]]];

describe('one row', () => {
  test.each([
    '{"features":[1,2,3,4]}',
    '{"data":[1,2,3,4]}',
    '{"inputs":[1,2,3,4]}',
    '{"instances":[1,2,3,4]}',
    '{"X":[1,2,3,4]}',
    '{"inputs":{"X":[1,2,3,4]}}',
    '{"features":{"X":[1,2,3,4]}}',
    '[1,2,3,4]',
    ' [ 1 , 2.0e0 , 3 , 4 ] \n',
  ])('%s', (body) => {
    expect(inputsOf(body)).toEqual(oneRow);
    expect(answer(body, [probabilities(1)])).toEqual({ predictions: [0, 0.1, 0.2] });
  });

  test('of a model with one value per row is a bare value', () => {
    for (const body of ['3', '{"features":3}', '{"x":3}'])
      expect(inputsOf(body, half)).toEqual([['x', [1], [3]]]);
    const single = withSignature([{ name: 'x', datatype: 'FP32', shape: ['batch', 1] }]);
    for (const body of ['3', '[3]', '{"x":3}']) expect(inputsOf(body, single)).toEqual([['x', [1, 1], [3]]]);
  });

  test('of a model whose batch is fixed to one works the same', () => {
    const fixed = withSignature(
      [{ name: 'X', datatype: 'FP32', shape: [1, 4] }],
      [{ name: 'probabilities', datatype: 'FP32', shape: [1, 3] }],
    );
    expect(inputsOf('[1,2,3,4]', fixed)).toEqual(oneRow);
    expect(answer('[1,2,3,4]', [probabilities(1)], fixed)).toEqual({ predictions: [0, 0.1, 0.2] });
  });
});

describe('many rows', () => {
  test.each([
    '{"features":[[1,2,3,4],[5,6,7,8]]}',
    '{"instances":[{"X":[1,2,3,4]},{"X":[5,6,7,8]}]}',
    '[{"X":[1,2,3,4]},{"X":[5,6,7,8]}]',
    '{"X":[[1,2,3,4],[5,6,7,8]]}',
    '[[1,2,3,4],[5,6,7,8]]',
  ])('%s', (body) => {
    expect(inputsOf(body)).toEqual(twoRows);
    expect(answer(body, [probabilities(2)])).toEqual({
      predictions: [
        [0, 0.1, 0.2],
        [0.3, 0.4, 0.5],
      ],
    });
  });

  test.each([['[]'], ['{"instances":[]}'], ['{"X":[]}']])('that are none are no row: %s', (body) => {
    expect(inputsOf(body)).toEqual([['X', [0], []]]);
  });

  test('that are one stay a list', () => {
    expect(answer('[[1,2,3,4]]', [probabilities(1)])).toEqual({ predictions: [[0, 0.1, 0.2]] });
  });
});

describe('a model of named columns', () => {
  test('takes one record, many records, and columns', () => {
    expect(inputsOf('{"age":39,"job":"clerk"}', credit)).toEqual([
      ['age', [1, 1], [39n]],
      ['job', [1, 1], ['clerk']],
    ]);
    const two = [
      ['age', [2, 1], [39n, 50n]],
      ['job', [2, 1], ['clerk', 'smith']],
    ];
    expect(inputsOf('[{"age":39,"job":"clerk"},{"job":"smith","age":50}]', credit)).toEqual(two);
    expect(inputsOf('{"inputs":{"job":["clerk","smith"],"age":[39,50]}}', credit)).toEqual(two);
    expect(inputsOf('{"age":[[39],[50]],"job":[["clerk"],["smith"]]}', credit)).toEqual(two);
    expect(inputsOf('{"age":[39],"job":["clerk"]}', credit)).toEqual([
      ['age', [1, 1], [39n]],
      ['job', [1, 1], ['clerk']],
    ]);
  });

  test.each([
    ['{"age":39}', 'INPUT_MISSING', 'job'],
    ['[{"age":39,"job":"a"},{"age":3}]', 'INPUT_MISSING', '[1].job'],
    ['[{"age":39,"job":"a","x":1}]', 'INPUT_UNKNOWN', '[0].x'],
    ['[{"age":39,"job":"a"},3]', 'REQUEST_INVALID', '[1]'],
    ['[{"age":39,"age":40,"job":"a"}]', 'INPUT_DUPLICATE', 'age[0]'],
    ['{"age":39,"age":40,"job":"a"}', 'INPUT_DUPLICATE', 'age'],
    ['{"age":39,"job":["a","b"]}', 'REQUEST_INVALID', 'age'],
    ['[{"age":"x","job":"a"}]', 'INPUT_VALUE', 'age[0]'],
  ])('%s is %s at %s', (body, code, field) => {
    expect(refused(body, credit)).toMatchObject({ status: 400, code, field });
  });

  test('does not guess which input a bare list is', () => {
    expect(refused('[1,2]', credit)).toMatchObject({
      code: 'REQUEST_INVALID',
      fix: 'Send an object with the keys age, job, or a list of such objects.',
    });
  });
});

describe('names that look like wrappers', () => {
  const named = (name: string): ModelFacts =>
    withSignature([{ name, datatype: 'FP32', shape: ['batch', 2] }]);

  test('an input called data, inputs or instances is found by itself and by a wrapper', () => {
    for (const name of ['data', 'inputs', 'instances', 'features']) {
      for (const body of [
        `{"${name}":[1,2]}`,
        `{"inputs":{"${name}":[1,2]}}`,
        `{"data":[{"${name}":[1,2]}]}`,
      ])
        expect(inputsOf(body, named(name))).toEqual([[name, [1, 2], [1, 2]]]);
    }
  });

  test('__proto__ and constructor are plain names', () => {
    const specs: TensorSpec[] = ['__proto__', 'constructor'].map((name) => ({
      name,
      datatype: 'FP32',
      shape: ['n'],
    }));
    expect(inputsOf('{"__proto__":1,"constructor":2}', withSignature(specs))).toEqual([
      ['__proto__', [1], [1]],
      ['constructor', [1], [2]],
    ]);
    expect(refused('{"__proto__":{"a":1}}')).toMatchObject({ code: 'INPUT_UNKNOWN', field: '__proto__' });
    expect(({} as { a?: number }).a).toBeUndefined();
  });
});

describe('several outputs', () => {
  const outputs: TensorSpec[] = [
    { name: 'label', datatype: 'INT64', shape: ['batch'] },
    { name: 'probabilities', datatype: 'FP32', shape: ['batch', 3] },
  ];
  const model = modelFacts({ signature: { inputs: iris.signature.inputs, outputs } });
  const label = (rows: number): Tensor => ({
    name: 'label',
    datatype: 'INT64',
    shape: [rows],
    data: BigInt64Array.from({ length: rows }, (_, index) => BigInt(index)),
  });

  test('are an object per row', () => {
    expect(answer('[1,2,3,4]', [label(1), probabilities(1)], model)).toEqual({
      predictions: { label: 0, probabilities: [0, 0.1, 0.2] },
    });
    expect(answer('[[1,2,3,4],[5,6,7,8]]', [label(2), probabilities(2)], model)).toEqual({
      predictions: [
        { label: 0, probabilities: [0, 0.1, 0.2] },
        { label: 1, probabilities: [0.3, 0.4, 0.5] },
      ],
    });
  });

  test('may have any name', () => {
    const names = ['largeur "é" 🙂', 'back\\slash\n', '__proto__x', ''];
    const facts = withSignature(
      [{ name: 'x', datatype: 'FP32', shape: ['batch'] }],
      names.map((name) => ({ name, datatype: 'INT32', shape: ['batch'] })),
    );
    const outputs = names.map((name, index): Tensor => {
      return { name, datatype: 'INT32', shape: [2], data: Int32Array.of(index, -index) };
    });
    const row = (sign: number) => Object.fromEntries(names.map((name, index) => [name, index * sign || 0]));
    expect(answer('[1,2]', outputs, facts)).toEqual({ predictions: [row(1), row(-1)] });
  });

  test('that are not one per row stay whole, by name, whatever their length', () => {
    const whole = modelFacts({
      signature: {
        ...model.signature,
        outputs: [{ name: 'label', datatype: 'INT64', shape: [2] }, outputs[1]!],
      },
    });
    expect(answer('[[1,2,3,4],[5,6,7,8]]', [label(2), probabilities(2)], whole)).toEqual({
      predictions: {
        label: [0, 1],
        probabilities: [
          [0, 0.1, 0.2],
          [0.3, 0.4, 0.5],
        ],
      },
    });
  });
});
