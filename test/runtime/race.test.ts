import { describe, expect, test } from 'vitest';
import { race } from '../../src/runtime/race.ts';
import type { Session } from '../../src/runtime/session.ts';

function session(ms: number, log: string[] = [], name = ''): Session {
  return {
    signature: { inputs: [], outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }] },
    placement: 'inline',
    run: async () => {
      log.push(name);
      const end = performance.now() + ms;
      while (performance.now() < end);
      return [];
    },
    close: async () => undefined,
  };
}

describe('a race', () => {
  test('gives every session one slot a round, and finds the slower one', async () => {
    const times = await race([session(0.2), session(2)], [], { budgetMs: 150, minRounds: 5 });
    expect(times[0]!.length).toBe(times[1]!.length);
    expect(times[0]!.length).toBeGreaterThanOrEqual(5);
    const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]!;
    expect(median(times[1]!) / median(times[0]!)).toBeGreaterThan(3);
  });

  test('changes the order from round to round', async () => {
    const log: string[] = [];
    await race([session(5, log, 'a'), session(5, log, 'b')], [], { budgetMs: 0, minRounds: 4 });
    expect(log.slice(-8).join('')).toBe('abbaabba');
  });
});
