import type { Tensor } from '../core/tensor.ts';
import type { Session } from './session.ts';

export interface RaceOptions {
  /** For all rounds together, in milliseconds. */
  readonly budgetMs: number;
  readonly minRounds: number;
}

/** A slot shorter than this would measure the clock. */
const slotMs = 4;
const maxRounds = 500;

/**
 * Times sessions side by side: every round gives each of them one slot, in another order, so that what else the
 * machine does meets all alike.
 * @returns by session, milliseconds of one run in each round
 */
export async function race(
  sessions: readonly Session[],
  feed: readonly Tensor[],
  { budgetMs, minRounds }: RaceOptions,
): Promise<number[][]> {
  const repeats: number[] = [];
  for (const session of sessions) {
    await timed(session, feed, 3);
    repeats.push(Math.min(1000, Math.max(1, Math.ceil(slotMs / (await timed(session, feed, 3))))));
  }
  const times = sessions.map((): number[] => []);
  const end = performance.now() + budgetMs;
  for (let round = 0; round < maxRounds && (round < minRounds || performance.now() < end); round++) {
    for (let slot = 0; slot < sessions.length; slot++) {
      const at = (slot + round) % sessions.length;
      times[at]!.push(await timed(sessions[at]!, feed, repeats[at]!));
    }
  }
  return times;
}

/** Milliseconds of one run, over several. */
async function timed(session: Session, feed: readonly Tensor[], count: number): Promise<number> {
  const names = session.signature.outputs.map(({ name }) => name);
  const start = performance.now();
  for (let run = 0; run < count; run++) await session.run(feed, names);
  return (performance.now() - start) / count;
}
