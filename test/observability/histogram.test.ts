import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/observability/histogram.ts';
import { parseExposition, seriesValue } from './exposition.ts';

function parse(histogram: Histogram) {
  const lines = ['# HELP t x', '# TYPE t histogram', ...histogram.lines('t', 'model="iris"')];
  return parseExposition(`${lines.join('\n')}\n`);
}

describe('Histogram', () => {
  it('is all zeros at first', () => {
    const families = parse(new Histogram());
    expect(seriesValue(families, 't_count')).toBe(0);
    expect(seriesValue(families, 't_sum')).toBe(0);
    expect(families.get('t')!.series).toHaveLength(18 + 3);
  });

  it('takes milliseconds and tells seconds; a bound belongs to its bucket', () => {
    const histogram = new Histogram();
    for (const ms of [0, 1, 1.0001, 10_000, 60_000]) histogram.record(ms);
    const families = parse(histogram);
    const below = (le: string) => seriesValue(families, 't_bucket', { le });
    expect(below('0.000025')).toBe(1);
    expect(below('0.001')).toBe(2);
    expect(below('0.0025')).toBe(3);
    expect(below('10')).toBe(4);
    expect(below('+Inf')).toBe(5);
    expect(seriesValue(families, 't_sum')).toBeCloseTo(70.0020001, 9);
  });

  it('counts any times like a plain count would', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20_000, noNaN: true })), (times) => {
        const histogram = new Histogram();
        for (const ms of times) histogram.record(ms);
        for (const { name, labels, value } of parse(histogram).get('t')!.series) {
          if (name !== 't_bucket') continue;
          const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
          expect(value).toBe(times.filter((ms) => ms / 1000 <= bound).length);
        }
      }),
    );
  });
});
