import type { Signature, Tensor } from '../core/tensor.ts';
import type { GraphSource } from './graph-source.ts';
import { openOnnxSession } from './runtimes/onnx.ts';
import { openWorkerSession } from './runtimes/onnx-worker.ts';
import type { Session } from './session.ts';

/** Runs up to this long (ms) stay on the event loop: below it a thread's round trip costs more than it frees. */
export const inlineBudgetMs = 1;

/** Files above this go to a worker unmeasured: their load alone would stop the event loop for too long. */
const measuredFileLimit = 32 * 1024 * 1024;

export interface Engine {
  readonly session: Session;
  /** Shortest of the measured runs in milliseconds; undefined when the model was not measured. */
  readonly runMs?: number;
  /** Why this placement, in words. */
  readonly reason: string;
}

/**
 * Chooses by measuring: a model whose run on one thread fits the inline budget stays on the event loop, others get a
 * worker thread. Either way the session is warm: it has run `feeds`.
 * @param feeds a valid input set, or undefined when there is none to measure with
 * @throws MdeployError `MODEL_REFUSED`, `ENGINE_FAULT`, `WORKER_DIED`
 */
export async function startEngine(
  source: GraphSource,
  signature: Signature,
  fileBytes: number,
  feeds: readonly Tensor[] | undefined,
): Promise<Engine> {
  if (!feeds)
    return { session: await openWorkerSession(source), reason: 'no input to measure with: worker thread' };
  if (fileBytes > measuredFileLimit) {
    return { session: await openWarm(source, signature, feeds), reason: 'large file: worker thread' };
  }
  const session = await openOnnxSession({ ...source, intraOpThreads: oneUnlessSet(source) });
  let runMs: number;
  try {
    runMs = await measure(session, signature, feeds);
  } catch (error) {
    await session.close();
    throw error;
  }
  const shown = `${runMs.toFixed(runMs < 1 ? 3 : 1)} ms a run`;
  if (runMs <= inlineBudgetMs) return { session, runMs, reason: `${shown}: on the event loop` };
  await session.close();
  return { session: await openWarm(source, signature, feeds), runMs, reason: `${shown}: worker thread` };
}

async function openWarm(
  source: GraphSource,
  signature: Signature,
  feeds: readonly Tensor[],
): Promise<Session> {
  const session = await openWorkerSession(source);
  try {
    await session.run(feeds, namesOf(signature));
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

function namesOf(signature: Signature): string[] {
  return signature.outputs.map((output) => output.name);
}

// The least of several runs: what else the machine does can only add to a run. The first one allocates.
async function measure(session: Session, signature: Signature, feeds: readonly Tensor[]): Promise<number> {
  const outputs = namesOf(signature);
  await session.run(feeds, outputs);
  let least = Number.POSITIVE_INFINITY;
  const begun = performance.now();
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    await session.run(feeds, outputs);
    const end = performance.now();
    least = Math.min(least, end - start);
    if (run > 0 && end - begun > 30 * inlineBudgetMs) break;
  }
  return least;
}

function oneUnlessSet(source: GraphSource): number {
  return source.intraOpThreads === 'auto' ? 1 : source.intraOpThreads;
}
