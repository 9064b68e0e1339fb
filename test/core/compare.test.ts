import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareTensors, showElement, showIndex } from '../../src/core/compare.ts';
import { encodeFloat16 } from '../../src/core/float16.ts';
import {
  type AnyTensorData,
  allocate,
  type Datatype,
  datatypes,
  type Tensor,
} from '../../src/core/tensor.ts';

const exact = { rtol: 0, atol: 0 };
const usual = { rtol: 1e-4, atol: 1e-5 };

function tensor(datatype: Datatype, data: AnyTensorData, shape: number[] = [data.length]): Tensor {
  return { name: 'y', datatype, shape, data };
}

function floats(...values: number[]): Tensor {
  return tensor('FP32', Float32Array.from(values));
}

describe('compareTensors', () => {
  it.each(datatypes)('finds %s equal to itself', (datatype) => {
    const zeros = tensor(datatype, allocate(datatype, 3));
    expect(compareTensors(zeros, zeros, exact)).toEqual({ ok: true, maxAbs: 0, maxRel: 0, worstIndex: -1 });
  });

  it('takes NaN for NaN and infinities by their sign', () => {
    const odd = floats(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    expect(compareTensors(odd, odd, exact).ok).toBe(true);
    for (const [actual, expected] of [
      [Number.NaN, 0],
      [0, Number.NaN],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      [Number.POSITIVE_INFINITY, 3e38],
    ] as const) {
      const result = compareTensors(floats(actual), floats(expected), { rtol: 1e9, atol: 1e9 });
      expect(result).toMatchObject({ ok: false, maxAbs: Number.POSITIVE_INFINITY, worstIndex: 0 });
      expect(result.reason).toContain(`received ${actual}`);
    }
  });

  it('allows atol + rtol·|expected| and not more', () => {
    const expected = tensor('FP64', Float64Array.of(100, 0));
    const inside = tensor('FP64', Float64Array.of(100.01, 1e-5));
    const outside = tensor('FP64', Float64Array.of(100.0101, 0));
    expect(compareTensors(inside, expected, usual)).toMatchObject({ ok: true, worstIndex: 1 });
    expect(compareTensors(outside, expected, usual)).toMatchObject({ ok: false, worstIndex: 0 });
  });

  it('names the element furthest outside, with both values', () => {
    const expected = tensor('FP32', Float32Array.of(1, 2, 3, 4, 1000, 6), [2, 3]);
    const actual = tensor('FP32', Float32Array.of(1, 2, 3.5, 4, 1000.01, 6), [2, 3]);
    const result = compareTensors(actual, expected, usual);
    expect(result.worstIndex).toBe(2);
    expect(result.reason).toBe('at [0,2] expected 3, received 3.5; largest difference 0.500');
    expect(result.maxRel).toBeCloseTo(0.5 / 3, 6);
  });

  it('does not let a relative tolerance confuse integers', () => {
    const expected = tensor('INT32', Int32Array.of(100_000));
    const actual = tensor('INT32', Int32Array.of(100_001));
    expect(compareTensors(actual, expected, { rtol: 0.1, atol: 0.9 }).ok).toBe(false);
    expect(compareTensors(actual, expected, { rtol: 0, atol: 1 }).ok).toBe(true);
  });

  it('tells neighbouring 64-bit integers apart that no double can hold', () => {
    const expected = tensor('INT64', BigInt64Array.of(2n ** 53n));
    const actual = tensor('INT64', BigInt64Array.of(2n ** 53n + 1n));
    const result = compareTensors(actual, expected, usual);
    expect(result).toMatchObject({ ok: false, maxAbs: 1 });
    expect(result.reason).toContain('expected 9007199254740992, received 9007199254740993');
    const largest = tensor('UINT64', BigUint64Array.of(2n ** 64n - 1n));
    expect(compareTensors(largest, largest, exact).ok).toBe(true);
  });

  it('compares FP16 by value, not by bits', () => {
    const expected = tensor('FP16', Uint16Array.of(encodeFloat16(1), 0x0000));
    const actual = tensor('FP16', Uint16Array.of(encodeFloat16(1.001), 0x8000));
    expect(compareTensors(actual, expected, { rtol: 0, atol: 0.002 }).ok).toBe(true);
    const result = compareTensors(actual, expected, exact);
    expect(result).toMatchObject({ ok: false, worstIndex: 0 });
    expect(result.reason).toContain('expected 1, received 1.0009765625');
  });

  it('compares text with bytes by content', () => {
    const text = tensor('BYTES', ['größe', '']);
    const bytes = tensor('BYTES', [new TextEncoder().encode('größe'), new Uint8Array()]);
    expect(compareTensors(bytes, text, exact).ok).toBe(true);
    const result = compareTensors(tensor('BYTES', ['grosse', '']), text, { rtol: 9, atol: 9 });
    expect(result.reason).toBe('at [0] expected "größe", received "grosse"');
  });

  it('holds BOOL to be true or false, whatever the byte', () => {
    const one = tensor('BOOL', Uint8Array.of(1));
    expect(compareTensors(tensor('BOOL', Uint8Array.of(255)), one, exact).ok).toBe(true);
    const result = compareTensors(tensor('BOOL', Uint8Array.of(0)), one, { rtol: 9, atol: 9 });
    expect(result.reason).toBe('at [0] expected true, received false');
  });

  it('gives datatype and shape as reasons before any element', () => {
    expect(compareTensors(floats(1), tensor('FP64', Float64Array.of(1)), usual)).toMatchObject({
      ok: false,
      worstIndex: -1,
      reason: 'expected datatype FP64, received FP32',
    });
    const flat = tensor('FP32', new Float32Array(6), [6]);
    const square = tensor('FP32', new Float32Array(6), [2, 3]);
    expect(compareTensors(flat, square, usual).reason).toBe('expected shape [2,3], received [6]');
    expect(compareTensors(tensor('FP32', new Float32Array(1), []), floats(0), usual).ok).toBe(false);
  });

  it('finds empty tensors equal', () => {
    const empty = tensor('FP32', new Float32Array(0), [0, 4]);
    expect(compareTensors(empty, empty, exact).ok).toBe(true);
  });

  it('agrees with the formula over random floats', () => {
    const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, rtol) => {
        const expected = floats(...values);
        const actual = floats(...values.map((value, i) => value * (1 + (i % 3) * 0.1)));
        const inside = [...(expected.data as Float32Array)].every((value, i) => {
          const other = (actual.data as Float32Array)[i]!;
          return other === value || Math.abs(other - value) <= rtol * Math.abs(value);
        });
        expect(compareTensors(actual, expected, { rtol, atol: 0 }).ok).toBe(inside);
      }),
    );
  });
});

describe('showing elements', () => {
  it('turns a flat index into a position', () => {
    expect(showIndex(0, [])).toBe('[]');
    expect(showIndex(7, [2, 2, 2])).toBe('[1,1,1]');
    expect(showIndex(5, [2, 3])).toBe('[1,2]');
  });

  it('cuts long text', () => {
    expect(showElement(tensor('BYTES', ['x'.repeat(100)]), 0)).toHaveLength(63);
  });
});
