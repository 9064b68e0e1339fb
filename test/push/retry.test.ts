import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withRetry } from '../../src/push/retry.ts';

function harness(
  fails: number,
  options: { retries?: number; budgetMs?: number; random?: () => number } = {},
) {
  let clock = 0;
  const delays: number[] = [];
  const seen: number[] = [];
  const run = () =>
    withRetry(
      async (attempt) => {
        seen.push(attempt);
        if (attempt <= fails) throw new Error(`fault ${attempt}`);
        return 'done';
      },
      {
        retries: options.retries ?? 4,
        budgetMs: options.budgetMs ?? 1e9,
        shouldRetry: (error) => !String(error).includes('fault 99'),
        onRetry: (_, __, delayMs) => delays.push(delayMs),
        random: options.random ?? (() => 1),
        sleep: async (ms) => {
          clock += ms;
        },
        now: () => clock,
      },
    );
  return { run, delays, seen };
}

describe('withRetry', () => {
  test('doubles the longest delay up to 20 s', async () => {
    const { run, delays } = harness(7, { retries: 7 });
    expect(await run()).toBe('done');
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  });

  test('gives the last fault back when the tries are used up', async () => {
    const { run, seen } = harness(9, { retries: 2 });
    await expect(run()).rejects.toThrow('fault 3');
    expect(seen).toEqual([1, 2, 3]);
  });

  test('no retries means one try', async () => {
    const { run, seen } = harness(1, { retries: 0 });
    await expect(run()).rejects.toThrow('fault 1');
    expect(seen).toEqual([1]);
  });

  test('begins no try after the budget', async () => {
    const { run, seen } = harness(9, { retries: 9, budgetMs: 3_500 });
    await expect(run()).rejects.toThrow('fault 3');
    expect(seen).toEqual([1, 2, 3]);
  });

  test('a fault that trying again cannot help is final', async () => {
    let tries = 0;
    const work = async () => {
      tries++;
      throw new Error('fault 99');
    };
    const options = { retries: 5, budgetMs: 1e9, shouldRetry: () => false };
    await expect(withRetry(work, options)).rejects.toThrow('fault 99');
    expect(tries).toBe(1);
  });

  test('the delay is a random share of its bound (full jitter)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
        async (shares) => {
          let at = 0;
          const { run, delays } = harness(5, { retries: 5, random: () => shares[at++]! });
          await run();
          for (const [index, delay] of delays.entries()) {
            expect(delay).toBe(Math.round(shares[index]! * Math.min(20_000, 1_000 * 2 ** index)));
          }
        },
      ),
    );
  });
});
