import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Entrant, frontierOf, narrow, pointsOf, winnerOf } from '../../../src/bench/tune/standing.ts';
import { alone, batched, point, run, two } from './points.ts';

describe('points', () => {
  test('are medians of the windows of each load', () => {
    const rounds = [
      [run(100, 5, 1), run(900, 30, 8)],
      [run(300, 1, 1), run(500, 20, 8)],
      [run(200, 3, 1), run(700, 90, 8)],
    ];
    expect(pointsOf({ candidate: alone, rounds })).toEqual([
      point(alone, 200, 3, 1),
      point(alone, 700, 30, 8),
    ]);
  });

  test('of an even number of windows are the middle of the two in the middle', () => {
    const [only] = pointsOf({ candidate: alone, rounds: [[run(100, 4)], [run(200, 6)]] });
    expect(only).toMatchObject({ requests_per_second: 150, p99_ms: 5 });
  });

  test.each([
    ['answers that did not come', { errors: { 503: 1 } }],
    ['a wrong answer', { wrong_answer: 'output "y" is missing' }],
    ['no answer at all', { answered: 0 }],
  ])('are none for a load with %s in any window', (_, fault) => {
    const rounds = [
      [run(100, 5, 1), run(900, 30, 8, fault)],
      [run(100, 5, 1), run(900, 30, 8)],
    ];
    expect(pointsOf({ candidate: alone, rounds }).map(({ connections }) => connections)).toEqual([1]);
  });

  test('have no figures of a server that tells none', () => {
    const [only] = pointsOf({ candidate: alone, rounds: [[run(1, 1, 1, { server: null })]] });
    expect(only).toMatchObject({ cpu_us_per_request: null, rss_bytes: null });
  });
});

describe('the frontier', () => {
  test('has what nothing beats in both, the highest throughput first', () => {
    const points = [point(alone, 100, 1), point(batched, 300, 9), point(two, 200, 2), point(two, 150, 5)];
    expect(frontierOf(points)).toEqual([points[1], points[2], points[0]]);
  });

  test('keeps points that are equal', () => {
    expect(frontierOf([point(alone, 100, 1), point(two, 100, 1)])).toHaveLength(2);
    expect(frontierOf([])).toEqual([]);
  });

  test('leaves out exactly what is beaten', () => {
    const some = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(some, (pairs) => {
        const points = pairs.map(([rate, p99]) => point(alone, rate, p99));
        const frontier = frontierOf(points);
        for (const one of points) {
          const beaten = points.some(
            ({ requests_per_second: rate, p99_ms: p99 }) =>
              (rate > one.requests_per_second && p99 <= one.p99_ms) ||
              (rate >= one.requests_per_second && p99 < one.p99_ms),
          );
          expect(frontier.includes(one)).toBe(!beaten);
        }
      }),
    );
  });
});

describe('the winner', () => {
  const points = [point(alone, 100, 1), point(two, 200, 10), point(batched, 300, 50)];

  test.each([
    [undefined, 300],
    [60, 300],
    [50, 200],
    [5, 100],
  ])('with p99 below %s ms has %i requests/s', (limit, rate) => {
    expect(winnerOf(points, limit)?.requests_per_second).toBe(rate);
  });

  test('is nobody when nobody holds the limit', () => {
    expect(winnerOf(points, 1)).toBeUndefined();
    expect(winnerOf([], undefined)).toBeUndefined();
  });

  test('is the simpler of two that are as good', () => {
    expect(winnerOf([point(two, 1000, 5), point(alone, 980, 5)], undefined)?.candidate).toBe(alone);
    expect(winnerOf([point(two, 1000, 5), point(alone, 960, 5)], undefined)?.candidate).toBe(two);
    expect(winnerOf([point(batched, 1000, 5), point(alone, 990, 5)], undefined)?.candidate).toBe(alone);
  });
});

describe('after a round', () => {
  const entrantsOf = (rates: readonly number[]): Entrant[] =>
    rates.map((rate) => ({ candidate: alone, rounds: [[run(rate, 1000 / rate)]] }));
  const leftOf = (entrants: readonly Entrant[]) =>
    entrants.filter(({ out }) => out === undefined).map(({ rounds }) => rounds[0]![0]!.requests_per_second);

  test('the better half stays', () => {
    const entrants = entrantsOf([9, 1, 8, 2, 7, 3]);
    narrow(entrants, undefined, 2);
    expect(leftOf(entrants)).toEqual([9, 8, 7]);
    expect(entrants[1]!.out).toBe('others were better');
  });

  test('so many stay at least, and the present settings always', () => {
    const entrants = entrantsOf([1, 9, 8, 7, 6]);
    narrow(entrants, undefined, 4);
    expect(leftOf(entrants)).toEqual([1, 9, 8, 7, 6]);
    narrow(entrants, undefined, 2);
    expect(leftOf(entrants)).toEqual([1, 9, 8, 7]);
  });

  test('who holds the limit is better than who does not, however fast', () => {
    const entrants: Entrant[] = [
      { candidate: alone, rounds: [[run(5, 1)]] },
      { candidate: two, rounds: [[run(900, 50)]] },
      { candidate: batched, rounds: [[run(10, 2)]] },
      { candidate: batched, rounds: [[run(1000, 90)]] },
    ];
    narrow(entrants, 20, 3);
    expect(leftOf(entrants)).toEqual([5, 900, 10]);
  });

  test('who gave no sound answer is last', () => {
    const entrants = entrantsOf([5, 6, 7]);
    entrants.push({ candidate: two, rounds: [[run(99, 1, 8, { errors: { 500: 1 } })]] });
    narrow(entrants, undefined, 2);
    expect(leftOf(entrants)).not.toContain(99);
  });
});
