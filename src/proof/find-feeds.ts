import type { TensorSpec } from '../core/tensor.ts';
import type { GraphSource } from '../runtime/graph-source.ts';
import { probeModel } from '../runtime/probe.ts';
import { domains, makeUpFeeds, type NamedFeed } from './made-up.ts';

export interface Caps {
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
}

/**
 * Made-up inputs that a model can be run with: those of the first domain in which it takes all, else of the one in which
 * it takes most. Runs in throw-away processes.
 * @throws MdeployError as `probeModel` does
 */
export async function findFeeds(
  source: GraphSource,
  specs: readonly TensorSpec[],
  caps: Caps,
): Promise<{ readonly feeds: readonly NamedFeed[]; readonly refused: string }> {
  let refused = 'made-up inputs would be too large';
  let best: readonly NamedFeed[] = [];
  for (const domain of domains) {
    const feeds = makeUpFeeds(specs, domain);
    if (feeds.length === 0) continue;
    const { runs } = await probeModel(source, { ...caps, inputs: feeds.map(({ inputs }) => inputs) });
    const usable = feeds.filter((_, index) => runs[index]?.ok);
    if (usable.length > best.length) best = usable;
    if (usable.length === feeds.length) break;
    const [first] = runs;
    if (first && !first.ok) refused = first.reason;
  }
  return { feeds: best, refused: best.length > 0 ? '' : refused };
}
