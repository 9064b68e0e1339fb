import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { failure } from '../../src/core/errors/error.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { Batcher, type BatcherLimits } from '../../src/runtime/batcher.ts';
import type { Session } from '../../src/runtime/session.ts';
import type { Ticket } from '../../src/runtime/waiting-room.ts';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
  });
});

// A timer that is left over would keep a process alive and hold on to a request.
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

interface Opened {
  readonly batcher: Batcher;
  /** Rows of every run. */
  readonly runs: number[];
}

/** A model that doubles its input and takes `takes` ms; it refuses a value of 13. */
function opened(
  limits: Partial<BatcherLimits> = {},
  takes = 10,
  placement: Session['placement'] = 'worker',
): Opened {
  const runs: number[] = [];
  const session: Session = {
    signature: { inputs: [], outputs: [] },
    placement,
    run: async ([x], outputs) => {
      runs.push(x!.shape[0]!);
      await sleep(takes);
      const values = x!.data as Float32Array;
      if (values.includes(13)) throw failure('RUN_REFUSED', { name: 'm', reason: 'unlucky' });
      return outputs.map((name) => ({ ...x!, name, data: values.map((value) => value * 2) }));
    },
    close: async () => undefined,
  };
  const all = { model: 'm', maxRows: 4, maxDelayMs: 0, maxSize: 8, timeoutMs: 1000, ...limits };
  return { batcher: new Batcher(session, all), runs };
}

function row(...values: number[]): Tensor[] {
  return [{ name: 'x', datatype: 'FP32', shape: [values.length, 1], data: Float32Array.from(values) }];
}

function enter(batcher: Batcher, inputs: readonly Tensor[], ticket: Partial<Ticket> = {}, outputs = ['y']) {
  const limitMs = ticket.limitMs ?? 10_000;
  const whole = { deadline: performance.now() + limitMs, limitMs, ...ticket };
  return batcher.enter(whole, inputs, outputs, () => undefined).then(([y]) => [...(y!.data as Float32Array)]);
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('batches', () => {
  test('an idle engine begins at once, in the same turn of the event loop', async () => {
    const { batcher, runs } = opened({ maxDelayMs: 50 });
    const answer = enter(batcher, row(1));
    await settle();
    expect(runs).toEqual([1]);
    await vi.advanceTimersByTimeAsync(10);
    expect(await answer).toEqual([2]);
  });

  test('what arrives together runs together, each with its own answer', async () => {
    const { batcher, runs } = opened();
    const answers = [enter(batcher, row(1)), enter(batcher, row(2, 3)), enter(batcher, row(4))];
    await vi.advanceTimersByTimeAsync(10);
    expect(await Promise.all(answers)).toEqual([[2], [4, 6], [8]]);
    expect(runs).toEqual([4]);
  });

  test('what arrives during a run makes the next batch, up to its size', async () => {
    const { batcher, runs } = opened();
    const first = enter(batcher, row(0));
    await settle();
    const others = [1, 2, 3, 4, 5, 6].map((value) => enter(batcher, row(value)));
    expect([batcher.running, batcher.waiting]).toEqual([1, 6]);
    await vi.advanceTimersByTimeAsync(30);
    expect(await Promise.all([first, ...others])).toEqual([[0], [2], [4], [6], [8], [10], [12]]);
    expect(runs).toEqual([1, 4, 2]);
  });

  test('a request larger than a batch runs alone', async () => {
    const { batcher, runs } = opened();
    const answers = [enter(batcher, row(1, 2, 3, 4, 5, 6)), enter(batcher, row(7))];
    await vi.advanceTimersByTimeAsync(20);
    expect(await Promise.all(answers)).toEqual([[2, 4, 6, 8, 10, 12], [14]]);
    expect(runs).toEqual([6, 1]);
  });

  test('unlike shapes and unlike outputs go in separate batches', async () => {
    const { batcher, runs } = opened();
    const wide: Tensor[] = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(8, 9) }];
    const answers = [
      enter(batcher, row(1)),
      enter(batcher, wide),
      enter(batcher, row(2)),
      enter(batcher, row(3), {}, ['z']),
    ];
    await vi.advanceTimersByTimeAsync(30);
    expect(await Promise.all(answers)).toEqual([[2], [16, 18], [4], [6]]);
    expect(runs).toEqual([2, 1, 1]);
  });

  test('one request that the model refuses does not fail the others', async () => {
    const { batcher, runs } = opened();
    const answers = Promise.allSettled([1, 13, 2].map((value) => enter(batcher, row(value))));
    await vi.advanceTimersByTimeAsync(40);
    expect(await answers).toMatchObject([
      { value: [2] },
      { reason: { code: 'RUN_REFUSED' } },
      { value: [4] },
    ]);
    expect(runs).toEqual([3, 1, 1, 1]);
  });
});

describe('waiting for company', () => {
  test('happens while the batch before had some, and ends when as many have come', async () => {
    const { batcher, runs } = opened({ maxDelayMs: 5 });
    const first = [enter(batcher, row(1)), enter(batcher, row(2))];
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all(first);
    const third = enter(batcher, row(3));
    await vi.advanceTimersByTimeAsync(3);
    expect(runs).toEqual([2]);
    const fourth = enter(batcher, row(4));
    await vi.advanceTimersByTimeAsync(10);
    expect(await Promise.all([third, fourth])).toEqual([[6], [8]]);
    expect(runs).toEqual([2, 2]);
  });

  test('is given up after one wait in vain', async () => {
    const { batcher } = opened({ maxDelayMs: 5 });
    const together = [enter(batcher, row(1)), enter(batcher, row(2))];
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all(together);
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const begun = performance.now();
      void enter(batcher, row(3)).then(() => times.push(performance.now() - begun));
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(times).toEqual([15, 10, 10]);
  });
});

describe('limits', () => {
  test('refuses at once what finds the queue full', async () => {
    const { batcher } = opened({ maxSize: 1, maxRows: 1 });
    const first = enter(batcher, row(1));
    await settle();
    const second = enter(batcher, row(2));
    await expect(enter(batcher, row(3))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      details: { retryAfter: 1 },
    });
    await vi.advanceTimersByTimeAsync(20);
    expect(await Promise.all([first, second])).toEqual([[2], [4]]);
  });

  test('the urgent make the next batch; a request may have less patience than the queue', async () => {
    const { batcher } = opened({ maxRows: 1 });
    const first = enter(batcher, row(1));
    await settle();
    const order: string[] = [];
    const usual = enter(batcher, row(2)).finally(() => order.push('usual'));
    const urgent = enter(batcher, row(3), { priority: 1 }).finally(() => order.push('urgent'));
    const hasty = expect(enter(batcher, row(4), { patienceMs: 1 })).rejects.toMatchObject({
      code: 'QUEUE_TIMEOUT',
    });
    await vi.advanceTimersByTimeAsync(100);
    await hasty;
    expect(await Promise.all([first, usual, urgent])).toEqual([[2], [4], [6]]);
    expect(order).toEqual(['urgent', 'usual']);
  });

  test('nobody waits longer than the queue allows, nor past the deadline', async () => {
    const { batcher, runs } = opened({ timeoutMs: 30, maxRows: 1 }, 100);
    const first = enter(batcher, row(1));
    await settle();
    const outcomes = Promise.allSettled([enter(batcher, row(2)), enter(batcher, row(3), { limitMs: 20 })]);
    await vi.advanceTimersByTimeAsync(31);
    expect(await outcomes).toMatchObject([
      { reason: { code: 'QUEUE_TIMEOUT' } },
      { reason: { code: 'DEADLINE_EXCEEDED' } },
    ]);
    await vi.advanceTimersByTimeAsync(100);
    expect(await first).toEqual([2]);
    expect(runs).toEqual([1]);
  });

  test('a deadline during a run off the loop is answered; the others of the batch are, too', async () => {
    const { batcher } = opened({}, 100);
    const outcomes = Promise.allSettled([enter(batcher, row(1), { limitMs: 40 }), enter(batcher, row(2))]);
    await vi.advanceTimersByTimeAsync(41);
    expect(batcher.running).toBe(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(await outcomes).toMatchObject([{ reason: { code: 'DEADLINE_EXCEEDED' } }, { value: [4] }]);
  });

  test('a deadline that has passed on arrival never reaches the engine', async () => {
    const { batcher, runs } = opened();
    await expect(enter(batcher, row(1), { limitMs: 0 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(runs).toEqual([]);
  });

  test('a client that goes away is not inferred for', async () => {
    const { batcher, runs } = opened();
    let leave: () => void = () => undefined;
    const whenGone = (told: () => void) => {
      leave = told;
      return () => undefined;
    };
    const first = enter(batcher, row(1));
    await settle();
    const gone = expect(enter(batcher, row(2), { whenGone })).rejects.toMatchObject({ code: 'CLIENT_GONE' });
    leave();
    await gone;
    await vi.advanceTimersByTimeAsync(20);
    expect(await first).toEqual([2]);
    expect(runs).toEqual([1]);
  });

  test('a fault fails the whole batch, and the next is run', async () => {
    const { batcher } = opened({}, 10);
    const session = { placement: 'worker', run: vi.fn().mockRejectedValueOnce(new Error('broken')) };
    const broken = new Batcher(session as unknown as Session, {
      model: 'm',
      maxRows: 4,
      maxDelayMs: 0,
      maxSize: 8,
      timeoutMs: 1000,
    });
    const failed = Promise.allSettled([enter(broken, row(1)), enter(broken, row(2))]);
    await settle();
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect([broken.running, broken.waiting]).toEqual([0, 0]);
    const next = enter(batcher, row(3));
    await vi.advanceTimersByTimeAsync(10);
    expect(await next).toEqual([6]);
  });
});

test('any arrivals: all are answered with their own rows, no batch is too large, nothing is left behind', async () => {
  const arrivals = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 100 }),
      rows: fc.integer({ min: 1, max: 6 }),
      limitMs: fc.integer({ min: 1, max: 200 }),
    }),
    { maxLength: 30 },
  );
  const limits = fc.record({
    maxRows: fc.integer({ min: 1, max: 8 }),
    maxDelayMs: fc.integer({ min: 0, max: 10 }),
    maxSize: fc.integer({ min: 0, max: 6 }),
    timeoutMs: fc.integer({ min: 1, max: 80 }),
  });
  const placements = fc.constantFrom('inline' as const, 'worker' as const);
  await fc.assert(
    fc.asyncProperty(
      limits,
      arrivals,
      fc.integer({ min: 0, max: 20 }),
      placements,
      async (given, all, takes, at) => {
        const { batcher, runs } = opened(given, takes, at);
        let value = 100;
        const answers = all.map(async ({ at: when, rows, limitMs }) => {
          const values = Array.from({ length: rows }, () => value++);
          await sleep(when);
          expect(await enter(batcher, row(...values), { limitMs })).toEqual(values.map((each) => each * 2));
        });
        const outcomes = Promise.allSettled(answers);
        await vi.advanceTimersByTimeAsync(5000);
        for (const outcome of await outcomes) {
          if (outcome.status === 'rejected')
            expect(['QUEUE_FULL', 'QUEUE_TIMEOUT', 'DEADLINE_EXCEEDED']).toContain(outcome.reason.code);
        }
        const largest = Math.max(given.maxRows, ...all.map(({ rows }) => rows));
        for (const rows of runs) expect(rows).toBeLessThanOrEqual(largest);
        expect([batcher.running, batcher.waiting, vi.getTimerCount()]).toEqual([0, 0, 0]);
      },
    ),
    { numRuns: 100 },
  );
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
