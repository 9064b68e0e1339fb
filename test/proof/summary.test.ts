import { expect, test } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { judgeParity } from '../../src/proof/parity.ts';
import { summarise } from '../../src/proof/summary.ts';

const scores = (rows: readonly (readonly number[])[]): Tensor => ({
  name: 'y',
  datatype: 'FP32',
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});
const labels = (...values: readonly number[]): Tensor => ({
  name: 'label',
  datatype: 'INT64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

test('one line for each output, its top-1 over the rows of all samples', () => {
  const parity = judgeParity([
    {
      sample: 'a',
      expected: [
        scores([
          [1, 2],
          [4, 3],
          [0, 1],
        ]),
        labels(1, 2),
      ],
      actual: [
        scores([
          [1, 2],
          [4, 3],
          [0, 1],
        ]),
        labels(1, 2),
      ],
    },
    { sample: 'b', expected: [scores([[1, 20]]), labels(3, 4)], actual: [scores([[21, 20]]), labels(3, 5)] },
  ]);
  expect(summarise(parity)).toMatchObject([
    { output: 'y', ok: false, samples: 2, max_abs: 20, max_error: 1, top1: 0.75, rows: 4, worst_sample: 'b' },
    { output: 'label', ok: false, top1: 0.75, rows: 4, max_abs: 1, worst_sample: 'b' },
  ]);
});

test('a row whose best two are even is right with either; a NaN is not', () => {
  const judge = (actual: Tensor, expected: Tensor) =>
    summarise(judgeParity([{ sample: 'a', expected: [expected], actual: [actual] }]))[0]!.top1;
  expect(judge(scores([[1, 2, 2.1]]), scores([[1, 2, 2]]))).toBe(1);
  expect(judge(scores([[1.1, 1, 0]]), scores([[1, 1, 1]]))).toBe(1);
  expect(judge(scores([[Number.NaN, 1, 0]]), scores([[3, 1, 0]]))).toBe(0);
  expect(judge(scores([[Number.NaN, 1, 0]]), scores([[Number.NaN, 1, 0]]))).toBe(1);
});
