import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { judgeParity } from '../../src/proof/parity.ts';
import { measure } from '../../src/proof/parity-figures.ts';

const tensor = (values: readonly number[], shape = [1, values.length], name = 'y'): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});
const judge = (actual: Tensor, expected: Tensor, wanted = {}) =>
  judgeParity([{ sample: 'random', actual: [actual], expected: [expected] }], wanted);

describe('parity', () => {
  test('equal answers agree, whatever they are', () => {
    const floats = fc.array(fc.float({ noNaN: false }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(floats, (values) => {
        const { ok, outputs } = judge(tensor(values), tensor(values));
        return ok && outputs[0]!.max_abs === 0;
      }),
    );
  });

  test('a value further away than the tolerance is found, wherever it is', () => {
    const float = fc.float({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 40 }), fc.nat(), (values, seed) => {
        const wrong = [...values];
        const at = seed % values.length;
        wrong[at] = values[at]! + 1;
        const { ok, worst } = judge(tensor(wrong), tensor(values));
        return !ok && worst!.reason!.includes(`at [0,${at}] the original gives`);
      }),
    );
  });

  test('the absolute part grows with the largest value of the output', () => {
    const expected = tensor([1e6, 0]);
    expect(judge(tensor([1e6, 5]), expected).ok).toBe(true);
    expect(judge(tensor([1e6, 15]), expected).ok).toBe(false);
    expect(judge(tensor([1e6, 5]), expected, { atol: 1 }).ok).toBe(false);
    expect(judge(tensor([1.001]), tensor([1])).ok).toBe(false);
    expect(judge(tensor([1.001]), tensor([1]), { rtol: 0.01 }).ok).toBe(true);
  });

  test('a NaN that only the converted model gives is named as such', () => {
    const { ok, worst } = judge(tensor([Number.NaN, 2]), tensor([1, 2]));
    expect(ok).toBe(false);
    expect(worst?.reason).toBe(
      'the converted model gives NaN: at [0,0] the original gives 1, the converted model NaN',
    );
    expect(judge(tensor([Number.NaN]), tensor([Number.NaN]))).toMatchObject({
      ok: true,
      outputs: [{ nan: true }],
    });
  });

  test('labels and texts must be equal', () => {
    const label = (value: bigint): Tensor => ({
      name: 'y',
      datatype: 'INT64',
      shape: [1],
      data: BigInt64Array.of(value),
    });
    expect(judge(label(1n), label(1n)).ok).toBe(true);
    expect(judge(label(2n), label(1n)).ok).toBe(false);
    const text = (value: string): Tensor => ({ name: 'y', datatype: 'BYTES', shape: [1], data: [value] });
    expect(judge(text('a'), text('b')).worst).toMatchObject({ cosine: null, top1: 0, ok: false });
  });

  test('a wrong shape, a missing output, a refused sample and no sample at all fail', () => {
    expect(judge(tensor([1, 2], [2, 1]), tensor([1, 2])).worst?.reason).toContain('expected shape [1,2]');
    expect(judge(tensor([1], [1], 'z'), tensor([1])).worst?.reason).toBe(
      'the converted model has no such output',
    );
    const refused = judgeParity([
      { sample: 's', actual: { refused: 'Gather index' }, expected: [tensor([1])] },
    ]);
    expect(refused.worst?.reason).toContain('refuses the sample: Gather index');
    expect(judgeParity([]).ok).toBe(false);
  });

  test('the worst is the one that failed, and of those the furthest out', () => {
    const sample = (name: string, value: number) => ({
      sample: name,
      actual: [tensor([value])],
      expected: [tensor([1])],
    });
    expect(
      judgeParity([sample('a', 1), sample('b', 1.5), sample('c', 9), sample('d', 1.2)]).worst?.sample,
    ).toBe('c');
  });
});

describe('the figures', () => {
  test('cosine and top-1', () => {
    expect(measure(tensor([1, 0]), tensor([0, 1]))).toMatchObject({ cosine: 0, top1: 0 });
    expect(measure(tensor([3, 4, 1, 2], [2, 2]), tensor([3, 4, 2, 1], [2, 2])).top1).toBe(0.5);
    expect(measure(tensor([0, 0]), tensor([0, 0])).cosine).toBe(1);
    expect(measure(tensor([1], [1, 1]), tensor([1], [1, 1])).top1).toBeNull();
  });

  test('cosine survives huge and tiny values', () => {
    expect(measure(tensor([1e38, 1e38]), tensor([1e38, 1e38])).cosine).toBeCloseTo(1, 12);
    expect(measure(tensor([1e-40]), tensor([1e-40])).cosine).toBeCloseTo(1, 12);
    expect(measure(tensor([Number.POSITIVE_INFINITY]), tensor([1])).cosine).toBeNull();
  });

  test('half floats and 64-bit integers count as numbers', () => {
    const half: Tensor = { name: 'y', datatype: 'FP16', shape: [1], data: Uint16Array.of(0x3c00) };
    expect(measure(half, half)).toMatchObject({ largest: 1, cosine: 1 });
    const long: Tensor = { name: 'y', datatype: 'INT64', shape: [1], data: BigInt64Array.of(-3n) };
    expect(measure(long, long).largest).toBe(3);
  });
});
