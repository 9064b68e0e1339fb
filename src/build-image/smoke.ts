import { failure } from '../core/errors/error.ts';
import type { Builder, ImageFacts, Trial } from './builder.ts';

export interface ReplayRow {
  readonly sample: string;
  readonly output: string;
  readonly ok: boolean;
  /** Why not, or how near. */
  readonly detail: string;
}

/** Sends the samples to a running server and compares the answers. */
export type Replay = (url: string) => Promise<readonly ReplayRow[]>;

export interface SmokeOptions {
  readonly replay: Replay;
  readonly memoryBytes: number;
  readonly timeoutMs: number;
  /** Gets the container's log when something fails. */
  readonly onLog: (text: string) => void;
}

export interface SmokeReport {
  readonly ok: boolean;
  /** From the start of the container to the first 200 of /readyz. */
  readonly readyMs: number;
  readonly rows: readonly ReplayRow[];
}

/**
 * Starts the image with everything taken away, waits for /readyz, replays the samples, removes the container.
 * @throws MdeployError `SMOKE_NOT_READY`, `SMOKE_ENDED`, or what the replay throws
 */
export async function smoke(
  builder: Builder,
  image: ImageFacts,
  options: SmokeOptions,
): Promise<SmokeReport> {
  const trial = await builder.start(image, options.memoryBytes);
  let ok = false;
  try {
    const startedMs = performance.now();
    await waitUntilReady(trial, options.timeoutMs);
    const readyMs = Math.round(performance.now() - startedMs);
    const rows = await options.replay(trial.url);
    ok = rows.every((row) => row.ok);
    return { ok, readyMs, rows };
  } finally {
    try {
      if (!ok) options.onLog(await trial.logs());
    } finally {
      await trial.remove();
    }
  }
}

async function waitUntilReady(trial: Trial, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let last = 'nothing answers on its port';
  while (performance.now() < deadline) {
    const status = await readiness(trial.url);
    if (status === 200) return;
    if (status !== undefined) last = `/readyz answers ${status}`;
    const ended = await trial.ended();
    if (ended) {
      const hint = ended.outOfMemory ? ': it used more memory than it may' : '';
      throw failure('SMOKE_ENDED', { code: ended.code, hint });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw failure('SMOKE_NOT_READY', { seconds: timeoutMs / 1000, reason: last });
}

async function readiness(url: string): Promise<number | undefined> {
  try {
    const reply = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await reply.body?.cancel();
    return reply.status;
  } catch {
    // Refused, reset or slow: not ready yet, which is all the caller asks.
    return undefined;
  }
}
