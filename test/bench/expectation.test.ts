import { describe, expect, test } from 'vitest';
import { differenceOf, expectTensors, expectValues } from '../../src/bench/expectation.ts';
import type { Tensor } from '../../src/core/tensor.ts';

const label: Tensor = { name: 'label', datatype: 'INT64', shape: [2], data: BigInt64Array.of(0n, 50_000n) };
const scores: Tensor = {
  name: 'scores',
  datatype: 'FP32',
  shape: [2],
  data: Float32Array.of(0.25, Number.NaN),
};
const sample = expectTensors([label, scores], { rtol: 1e-4, atol: 1e-5 });

function answered(labels: unknown, values: unknown) {
  return differenceOf(new Map(Object.entries({ label: labels, scores: values })), sample);
}

describe('against a sample', () => {
  test('nested or flat, within the tolerance, is right', () => {
    expect(answered([0, 50_000], [[0.25001], ['NaN']])).toBeUndefined();
  });

  test('what is not finite may be null, as /predict has it', () => {
    expect(answered([0, 50_000], [0.25, null])).toBeUndefined();
    expect(answered([0, 50_000], [null, null])).toBe('output "scores" at 0: expected 0.25, received null');
  });

  test('a class is not near to another class', () => {
    expect(answered([0, 50_001], [0.25, 'NaN'])).toBe('output "label" at 1: expected 50000, received 50001');
  });

  test.each([
    { got: [0, 50_000], values: [0.26, 'NaN'], told: 'output "scores" at 0: expected 0.25, received 0.26' },
    { got: [0], values: [0.25, 'NaN'], told: 'output "label" has 1 values, not 2' },
    { got: undefined, values: [0.25, 'NaN'], told: 'output "label" is missing' },
    { got: [0, 50_000], values: [0.25, 1], told: 'output "scores" at 1: expected "NaN", received 1' },
  ])('$told', ({ got, values, told }) => {
    expect(answered(got, values)).toBe(told);
  });

  test('a large integer is compared by its digits', () => {
    const large = expectTensors([{ ...label, shape: [1], data: BigInt64Array.of(2n ** 60n + 1n) }], {
      rtol: 1,
      atol: 1,
    });
    expect(differenceOf(new Map([['label', ['1152921504606846977']]]), large)).toBeUndefined();
    expect(differenceOf(new Map([['label', ['1152921504606846976']]]), large)).toContain('received');
  });

  test('texts and binary texts must be equal', () => {
    const texts: Tensor = { name: 't', datatype: 'BYTES', shape: [2], data: ['a', Uint8Array.of(255)] };
    const expected = expectTensors([texts], { rtol: 1, atol: 1 });
    expect(differenceOf(new Map([['', ['a', { b64: '/w==' }]]]), expected)).toBeUndefined();
    expect(differenceOf(new Map([['', ['b', { b64: '/w==' }]]]), expected)).toContain('at 0');
    expect(differenceOf(new Map([['', ['a', { b64: 'AA==' }]]]), expected)).toContain('at 1');
  });
});

describe('against an answer that was given before', () => {
  const before = expectValues(
    new Map<string, unknown>([
      ['label', [1, 2]],
      ['score', [[0.5, 2]]],
    ]),
  );

  test.each([
    { label: [1, 2], score: [[0.500001, 2]], isSame: true },
    { label: [1, 3], score: [[0.5, 2]], isSame: false },
    { label: [1, 2], score: [[0.6, 2]], isSame: false },
  ])('$label $score: $isSame', ({ isSame, ...values }) => {
    expect(differenceOf(new Map(Object.entries(values)), before) === undefined).toBe(isSame);
  });
});
