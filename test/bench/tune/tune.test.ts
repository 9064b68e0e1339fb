import { expect, test } from 'vitest';
import { minutesFor } from '../../../src/bench/tune/tune.ts';

test.each([
  [4, 1, 60, 0, 1],
  [12, 3, 2000, 500, 4],
  [24, 3, 2000, 500, 7],
  [24, 1, 60_000, 0, 44],
])(
  '%i settings under %i loads of %i ms behind %i ms take %i minutes',
  (settings, loads, durationMs, warmupMs, expected) => {
    const shapes = Array.from({ length: loads }, (_, index) => ({ connections: index + 1 }));
    expect(minutesFor(settings, { shapes, durationMs, warmupMs })).toBe(expected);
  },
);
