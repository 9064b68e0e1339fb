import { describe, expect, test } from 'vitest';
import {
  type Candidate,
  candidatesFor,
  effort,
  presentSettings,
  showCandidate,
} from '../../../src/bench/tune/candidate.ts';

const present: Candidate = { processes: 1, threads: 'auto' };

describe('what is tried', () => {
  test('on one core: batches, and nothing else', () => {
    expect(candidatesFor(1, present).map(showCandidate)).toEqual([
      '1 process, threads auto, no batches',
      '1 process, threads auto, batches of 8',
      '1 process, threads auto, batches of 32',
      '1 process, threads auto, batches of 32 after 2 ms',
    ]);
  });

  test.each([
    [2, ['2/auto', '1/auto', '1/1']],
    [4, ['4/auto', '2/auto', '2/1', '1/auto', '1/2', '1/1']],
    [6, ['6/auto', '3/auto', '3/1', '1/auto', '1/3', '1/1']],
  ])('on %i cores: processes and threads in halves', (cores, expected) => {
    const pairs = candidatesFor(cores, present).map(({ processes, threads }) => `${processes}/${threads}`);
    expect(new Set(pairs)).toEqual(new Set(expected));
    expect(pairs).toHaveLength(4 * expected.length);
  });

  test.each([1, 2, 3, 7, 64])('never more threads than %i cores, and nothing twice', (cores) => {
    const all = candidatesFor(cores, present);
    for (const { processes, threads } of all)
      expect(processes * (threads === 'auto' ? 1 : threads)).toBeLessThanOrEqual(cores);
    expect(new Set(all.map(showCandidate)).size).toBe(all.length);
  });

  test('begins with the present settings, also when they are of no other kind', () => {
    const odd = { processes: 1, threads: 5, batching: { max_batch_size: 7, max_queue_delay_ms: 3 } } as const;
    const [first, ...others] = candidatesFor(1, odd);
    expect(first).toEqual(odd);
    expect(others).toHaveLength(4);
  });
});

test('the present settings are those of the manifest, in one process', () => {
  const batching = { max_batch_size: 4, max_queue_delay_ms: 1 };
  const manifest = (serving: object) => ({ serving, runtime: { intra_op_threads: 2 } }) as never;
  expect(presentSettings(manifest({}))).toEqual({ processes: 1, threads: 2 });
  expect(presentSettings(manifest({ batching }))).toEqual({ processes: 1, threads: 2, batching });
});

test('settings in words', () => {
  const batching = { max_batch_size: 32, max_queue_delay_ms: 2 };
  expect(showCandidate({ processes: 2, threads: 1, batching })).toBe(
    '2 processes, 1 thread, batches of 32 after 2 ms',
  );
  expect(showCandidate({ processes: 1, threads: 3 })).toBe('1 process, 3 threads, no batches');
});

test('less effort: fewer processes, then no batches, then no delay', () => {
  const batches = (max_queue_delay_ms: number) => ({ max_batch_size: 8, max_queue_delay_ms });
  const order: Candidate[] = [
    { processes: 1, threads: 1 },
    { processes: 1, threads: 1, batching: batches(0) },
    { processes: 1, threads: 1, batching: batches(2) },
    { processes: 2, threads: 1 },
  ];
  const efforts = order.map(effort);
  expect(efforts).toEqual([...efforts].sort((a, b) => a - b));
  expect(new Set(efforts).size).toBe(4);
});
