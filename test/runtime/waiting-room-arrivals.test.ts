import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { clockOfTests, room, ticket } from './opened-room.ts';

clockOfTests();

describe('any arrivals', () => {
  const arrivals = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 300 }),
      takes: fc.integer({ min: 0, max: 60 }),
      limit: fc.integer({ min: 0, max: 200 }),
      goneAfter: fc.option(fc.integer({ min: 0, max: 150 }), { nil: undefined }),
      fails: fc.boolean(),
    }),
    { maxLength: 40 },
  );
  const limits = fc.record({
    concurrency: fc.integer({ min: 1, max: 4 }),
    maxSize: fc.integer({ min: 0, max: 6 }),
    timeoutMs: fc.integer({ min: 1, max: 80 }),
    offLoop: fc.boolean(),
  });

  it('keep the bounds, start in order, are all answered and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(limits, arrivals, async (given, requests) => {
        const desk = room(given);
        let running = 0;
        const started: number[] = [];
        const ordered = requests.map((request) => request.at).sort((a, b) => a - b);
        const answers = requests
          .toSorted((a, b) => a.at - b.at)
          .map(async ({ takes, limit, goneAfter, fails }, index) => {
            await sleep(ordered[index]!);
            const whenGone = (leave: () => void) => {
              if (goneAfter === undefined) return () => undefined;
              const timer = setTimeout(leave, goneAfter);
              return () => clearTimeout(timer);
            };
            const work = async () => {
              started.push(index);
              running += 1;
              expect(running).toBeLessThanOrEqual(given.concurrency);
              await sleep(takes);
              running -= 1;
              if (fails) throw new Error('broken');
              return index;
            };
            const entered = desk.enter({ ...ticket(limit), whenGone }, work);
            expect(desk.waiting).toBeLessThanOrEqual(given.maxSize);
            return entered;
          });
        const outcomes = Promise.allSettled(answers);
        await vi.advanceTimersByTimeAsync(10_000);
        for (const [index, outcome] of (await outcomes).entries()) {
          const code = outcome.status === 'rejected' ? (outcome.reason.code ?? outcome.reason.message) : 'ok';
          expect([
            'ok',
            'broken',
            'QUEUE_FULL',
            'QUEUE_TIMEOUT',
            'DEADLINE_EXCEEDED',
            'CLIENT_GONE',
          ]).toContain(code);
          if (code === 'ok' || code === 'broken') expect(started).toContain(index);
          else if (code !== 'DEADLINE_EXCEEDED') expect(started).not.toContain(index);
        }
        expect(started).toEqual(started.toSorted((a, b) => a - b));
        expect([desk.running, desk.waiting, running, vi.getTimerCount()]).toEqual([0, 0, 0, 0]);
      }),
      { numRuns: 100 },
    );
  });
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
