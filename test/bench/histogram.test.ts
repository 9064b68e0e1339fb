import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram } from '../../src/bench/histogram.ts';

const values = fc.array(
  fc.oneof(
    fc.nat({ max: 2100 }),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc.integer({ min: 0, max: 31 }).map((power) => 2 ** power),
    fc.integer({ min: 1, max: 32 }).map((power) => 2 ** power - 1),
  ),
  { minLength: 1, maxLength: 300 },
);
const percents = fc.oneof(
  fc.constantFrom(0, 50, 90, 95, 99, 99.9, 100),
  fc.double({ min: 0, max: 100, noNaN: true }),
);

function recorded(list: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of list) histogram.record(value);
  return histogram;
}

/** The value of a sorted list that `percent` of it do not exceed. */
function exactPercentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil(Math.round((percent / 100) * sorted.length * 1e6) / 1e6));
  return sorted[rank - 1]!;
}

describe('percentiles against a sorted list', () => {
  test('are never too low and at most 0.1 % too high', () => {
    fc.assert(
      fc.property(values, percents, (list, percent) => {
        const sorted = [...list].sort((a, b) => a - b);
        const wanted = exactPercentile(sorted, percent);
        const got = recorded(list).percentile(percent);
        expect(got).toBeGreaterThanOrEqual(wanted);
        expect(got).toBeLessThanOrEqual(wanted * 1.001);
      }),
    );
  });

  test('are exact below 2048', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2047 }), { minLength: 1 }), percents, (list, percent) => {
        const sorted = [...list].sort((a, b) => a - b);
        expect(recorded(list).percentile(percent)).toBe(exactPercentile(sorted, percent));
      }),
    );
  });

  test('do not fall as the percent grows, and end at the maximum', () => {
    fc.assert(
      fc.property(values, percents, percents, (list, a, b) => {
        const histogram = recorded(list);
        expect(histogram.percentile(Math.min(a, b))).toBeLessThanOrEqual(
          histogram.percentile(Math.max(a, b)),
        );
        expect(histogram.percentile(100)).toBe(Math.max(...list));
      }),
    );
  });

  test('99.9 % of a thousand is the 999th, not the last', () => {
    const histogram = recorded(Array.from({ length: 1000 }, (_, index) => index + 1));
    expect([50, 99, 99.9, 100].map((percent) => histogram.percentile(percent))).toEqual([
      500, 990, 999, 1000,
    ]);
  });
});

describe('sums', () => {
  test('total, mean, lowest and highest are exact', () => {
    fc.assert(
      fc.property(values, (list) => {
        const histogram = recorded(list);
        expect(histogram.total).toBe(list.length);
        expect(histogram.mean).toBeCloseTo(list.reduce((sum, value) => sum + value, 0) / list.length, 3);
        expect([histogram.min, histogram.max]).toEqual([Math.min(...list), Math.max(...list)]);
      }),
    );
  });

  test('an empty one is all zeros', () => {
    const { total, mean, min, max } = new Histogram();
    expect({ total, mean, min, max, p99: new Histogram().percentile(99) }).toEqual({
      total: 0,
      mean: 0,
      min: 0,
      max: 0,
      p99: 0,
    });
  });

  test('what is beyond either end is counted as that end', () => {
    const histogram = recorded([-5, 2 ** 40]);
    expect([histogram.min, histogram.max, histogram.total]).toEqual([0, 2 ** 32 - 1, 2]);
  });

  test('fractions are rounded', () => {
    expect(recorded([1.6]).percentile(50)).toBe(2);
  });
});
