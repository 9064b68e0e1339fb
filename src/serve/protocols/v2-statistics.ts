import type { Tally } from '../../observability/totals.ts';
import type { Catalogue, ModelFacts, RawCall, RawReply, ServerFacts } from '../protocol.ts';
import { json, target } from './v2-models.ts';

/**
 * `$stats_model_response` of the statistics extension, over all protocols since the server started: every version of
 * the path's model, or the one it names, or of all models.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`; `MODEL_NOT_READY` while the server starts
 */
export function statistics(call: RawCall, catalogue: Catalogue, server: ServerFacts): RawReply {
  const { name, version } = call.params;
  if (name === undefined)
    return json({ model_stats: catalogue.list().map((facts) => statsOf(facts, server)) });
  const one = target(call, catalogue, server);
  const versions = version === undefined ? catalogue.versions(one.name) : [one];
  return json({ model_stats: versions.map((facts) => statsOf(facts, server)) });
}

/** What one version has done, in the extension's terms. */
export function statsOf({ name, version }: ModelFacts, { metrics }: ServerFacts) {
  const { success, failed, phases, cache, rows, lastAt } = metrics.totals(name, version);
  return {
    name,
    version,
    last_inference: lastAt,
    inference_count: rows,
    execution_count: phases.run.count,
    inference_stats: {
      success: duration(success),
      fail: duration(failed),
      queue: duration(phases.queue),
      compute_input: duration(phases.decode, phases.prepare),
      compute_infer: duration(phases.run),
      compute_output: duration(phases.finish, phases.encode),
      cache_hit: cache ? duration(cache.hits) : none,
      cache_miss: cache ? duration(cache.misses) : none,
    },
    response_stats: {},
    batch_stats: [],
    memory_usage: [],
  };
}

/** Triton's count and nanoseconds. Parts of one duration are passed by the same requests. */
function duration(...parts: readonly Tally[]): { count: number; ns: number } {
  const ms = parts.reduce((sum, tally) => sum + tally.ms, 0);
  return { count: Math.min(...parts.map(({ count }) => count)), ns: Math.round(ms * 1e6) };
}

const none = { count: 0, ns: 0 };
