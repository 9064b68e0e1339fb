import type { Tensor } from '../core/tensor.ts';
import { questionKey, type ResponseCache } from '../runtime/response-cache.ts';
import type { Watch } from './watch.ts';

/** What the engine is asked: inputs as the gauge gives them, and names of the outputs wanted. */
export interface Asked {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly string[];
}

/** The engine's answer, from the cache when it was given before. Equal questions at the same time all run. */
export async function recall(
  cache: ResponseCache,
  { inputs, outputs }: Asked,
  watch: Watch,
  run: () => Promise<readonly Tensor[]>,
): Promise<readonly Tensor[]> {
  const key = questionKey(inputs, outputs);
  const known = cache.get(key);
  watch.looked(known !== undefined);
  if (known) return known;
  const fresh = await run();
  watch.lap('run');
  cache.put(key, fresh);
  watch.looked(false);
  return fresh;
}
