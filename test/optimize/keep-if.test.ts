import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  disagreements,
  figure,
  type Gains,
  keepIfOf,
  missedGains,
  percent,
  times,
} from '../../src/optimize/keep-if.ts';
import { lowestMedian, median } from '../../src/optimize/measure.ts';

const gains = (more: Partial<Gains> = {}): Gains => ({
  top1: 1,
  max_error: 0,
  faster_by: 2,
  faster_at_least: 1.9,
  smaller_by: 1,
  ...more,
});

describe('the conditions', () => {
  test('ask for speed unless something else is asked', () => {
    expect(keepIfOf()).toEqual({ top1_agreement: 0.99, max_error: 0.05, faster_by: 1.1 });
    expect(keepIfOf({ smaller_by: 2 })).toEqual({ top1_agreement: 0.99, max_error: 0.05, smaller_by: 2 });
    expect(keepIfOf({ top1_agreement: 0.9 })).toMatchObject({ top1_agreement: 0.9, faster_by: 1.1 });
  });

  test('of the command line stand over those of the manifest', () => {
    const both = keepIfOf({ max_error: 1, faster_by: 2 }, { max_error: 0.5, top1_agreement: undefined });
    expect(both).toEqual({ top1_agreement: 0.99, max_error: 0.5, faster_by: 2 });
  });
});

describe('answers', () => {
  const keepIf = keepIfOf();
  test.each([
    [gains(), []],
    [gains({ top1: null }), []],
    [gains({ top1: 0.98 }), ['agrees on 98% of rows, 99% are asked']],
    [gains({ max_error: 0.06 }), ['differs by 0.060, 0.050 is allowed']],
    [gains({ max_error: Number.NaN }), ['differs by infinity, 0.050 is allowed']],
    [gains({ max_error: Number.POSITIVE_INFINITY }), ['differs by infinity, 0.050 is allowed']],
  ])('%j', (found, expected) => {
    expect(disagreements(found, keepIf)).toEqual(expected);
  });
});

describe('gains', () => {
  test.each([
    [gains(), {}, 0, []],
    [gains({ faster_by: 1.05 }), {}, 0, ['1.05 × as fast, 1.10 × is asked']],
    [gains({ faster_by: null }), {}, 0, ['0.00 × as fast, 1.10 × is asked']],
    [
      gains({ faster_by: 1.3, faster_at_least: 0.9 }),
      {},
      0,
      ['1.30 × as fast, but no more than 0.90 × is certain'],
    ],
    [
      gains({ faster_by: 1.2, faster_at_least: 1.15 }),
      {},
      0.25,
      ['1.20 × as fast, at least 1.15 ×, which is within the noise of this machine'],
    ],
    [gains({ faster_by: 0.5 }), { smaller_by: 1 }, 0, []],
    [gains({ smaller_by: 1.4 }), { smaller_by: 1.5 }, 0, ['1.40 × as small, 1.50 × is asked']],
    [
      gains({ faster_by: 1 }),
      { smaller_by: 2, faster_by: 3 },
      0,
      ['1.00 × as fast, 3.00 × is asked', '1.00 × as small, 2.00 × is asked'],
    ],
  ])('%j asked %j with noise %d', (found, asked, noise, expected) => {
    expect(missedGains(found, keepIfOf(asked), noise)).toEqual(expected);
  });
});

describe('what a race tells', () => {
  test('the lower end lies among the values and not above their median', () => {
    const values = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(values, (list) => {
        const low = lowestMedian(list);
        return list.includes(low) && low <= median(list);
      }),
    );
  });

  test('many rounds that agree are certain, few that do not are not', () => {
    const steady = Array.from({ length: 100 }, (_, index) => 1.2 + (index % 3) / 100);
    expect(lowestMedian(steady)).toBeGreaterThanOrEqual(1.2);
    expect(lowestMedian([0.5, 1.5, 0.6, 1.4, 1.6, 0.7, 1.5, 1.6, 0.5])).toBeLessThan(0.8);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});

test('figures never claim more than there is', () => {
  expect(percent(1)).toBe('100%');
  expect(percent(0.99999)).toBe('99.99%');
  expect(percent(0.5)).toBe('50%');
  expect(times(0.0008)).toBe('0.0008 ×');
  expect(times(0)).toBe('0.00 ×');
  expect(figure(0)).toBe('0');
  expect(figure(0.00012)).toBe('1.2e-4');
});
