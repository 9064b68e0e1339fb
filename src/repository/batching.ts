import { compareTensors } from '../core/compare.ts';
import { failure } from '../core/errors/error.ts';
import type { Signature, Tensor, TensorSpec } from '../core/tensor.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { Batcher } from '../runtime/batcher.ts';
import { joinRows, splitRows } from '../runtime/rows.ts';
import type { Session } from '../runtime/session.ts';

/** How far an answer may be from what the same request gets alone: kernels add up in another order. */
const tolerance = { rtol: 1e-3, atol: 1e-4 };

/**
 * The batcher that the manifest asks for, after the model has shown that its rows do not depend on each other.
 * @param feeds valid input sets; the first is run alone and twice in one batch
 * @returns undefined when the manifest asks for none
 * @throws MdeployError `BATCHING_UNFIT`; those of the runs
 */
export async function openBatcher(
  { name, serving }: Manifest,
  signature: Signature,
  session: Session,
  [feeds]: readonly (readonly Tensor[])[],
): Promise<Batcher | undefined> {
  const { batching, queue } = serving;
  if (!batching) return undefined;
  const unfit = [...signature.inputs, ...signature.outputs].find((spec) => !hasBatchAxis(spec));
  if (unfit)
    throw failure('BATCHING_UNFIT', { name, reason: `the first axis of "${unfit.name}" is not free` });
  if (feeds) await proveIndependence(name, signature, session, feeds);
  return new Batcher(session, {
    model: name,
    maxRows: batching.max_batch_size,
    maxDelayMs: batching.max_queue_delay_ms,
    maxSize: queue.max_size,
    timeoutMs: queue.timeout_ms,
  });
}

function hasBatchAxis({ shape }: TensorSpec): boolean {
  return typeof shape?.[0] === 'string';
}

async function proveIndependence(
  name: string,
  signature: Signature,
  session: Session,
  feeds: readonly Tensor[],
): Promise<void> {
  const outputs = signature.outputs.map((output) => output.name);
  const rows = feeds[0]?.shape[0] ?? 0;
  const alone = await session.run(feeds, outputs);
  const together = await session.run(joinRows([feeds, feeds]), outputs);
  const halves = splitRows(together, [rows, rows]);
  if (!halves) {
    const wrong = together.find(({ shape }) => shape[0] !== 2 * rows)!;
    const reason = `a batch of ${2 * rows} rows gives [${wrong.shape.join(',')}] for "${wrong.name}"`;
    throw failure('BATCHING_UNFIT', { name, reason });
  }
  for (const half of halves) {
    for (const [index, actual] of half.entries()) {
      const { ok, reason } = compareTensors(actual, alone[index]!, tolerance);
      if (ok) continue;
      throw failure('BATCHING_UNFIT', {
        name,
        reason: `"${actual.name}" of a row depends on the rows beside it: ${reason}`,
      });
    }
  }
}
