import type { ColdStart, Spread } from './report.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/**
 * Starts a server again and again and asks it once each time.
 * @param flags of `serve`
 * @param answer asks and proves the answer; rejects when it is not right
 * @throws MdeployError `BENCH_SERVER_ENDED` and as `answer` does
 */
export async function coldStart(
  target: string,
  { starts, flags }: { readonly starts: number; readonly flags: readonly string[] },
  answer: (server: ServerProcess) => Promise<void>,
): Promise<ColdStart> {
  const ready: number[] = [];
  const first: number[] = [];
  for (let start = 0; start < starts; start++) {
    const server = await startServer(target, 120_000, flags);
    try {
      await answer(server);
      first.push(performance.now() - server.startedAt);
      ready.push(server.readyMs);
    } finally {
      await server.stop();
    }
  }
  return { starts, ready_ms: spread(ready), first_answer_ms: spread(first) };
}

/** The middle of an even number of values is the mean of the two in the middle. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const median = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
  return { median: tenth(median), min: tenth(sorted[0]!), max: tenth(sorted.at(-1)!) };
}

function tenth(ms: number): number {
  return Math.round(ms * 10) / 10;
}
