import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFloat16, encodeFloat16 } from '../../src/core/float16.ts';

describe('binary16', () => {
  it.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ])('%i is %f both ways', (bits, value) => {
    expect(decodeFloat16(bits)).toBe(value);
    expect(encodeFloat16(value)).toBe(bits);
  });

  it('keeps the sign of zero', () => {
    expect(encodeFloat16(-0)).toBe(0x8000);
    expect(decodeFloat16(0x8000)).toBe(-0);
  });

  it('gives back the bits of every pattern that is not NaN', () => {
    for (let bits = 0; bits <= 0xffff; bits++) {
      const value = decodeFloat16(bits);
      if (Number.isNaN(value)) expect(bits & 0x7c00).toBe(0x7c00);
      else expect(encodeFloat16(value)).toBe(bits);
    }
  });

  it('encodes NaN as a quiet NaN', () => {
    expect(encodeFloat16(Number.NaN)).toBe(0x7e00);
    expect(decodeFloat16(0x7e00)).toBeNaN();
  });

  it.each([
    [65519.99, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [2049, 2048],
    [2051, 2052],
    [2047.9, 2048],
    [2 ** -25, 0],
    [2 ** -24 * 1.5, 2 ** -23],
    [2 ** -14 - 2 ** -26, 2 ** -14],
  ])('rounds %f to the nearest, ties to even', (value, rounded) => {
    expect(decodeFloat16(encodeFloat16(value))).toBe(rounded);
  });

  it('never picks a neighbour further away than half a step', () => {
    fc.assert(
      fc.property(fc.double({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const bits = encodeFloat16(value);
        const error = Math.abs(decodeFloat16(bits) - value);
        for (const other of [bits - 1, bits + 1]) {
          const neighbour = decodeFloat16(other & 0xffff);
          if (Number.isFinite(neighbour)) expect(error).toBeLessThanOrEqual(Math.abs(neighbour - value));
        }
      }),
    );
  });
});
