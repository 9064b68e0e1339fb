import {
  type InferStatistics,
  ModelStatisticsRequest,
  ModelStatisticsResponse,
} from '../proto/open-inference.gen.ts';
import type { Init } from '../protobuf/message.ts';
import type { Catalogue, ModelFacts, ServerFacts } from '../protocol.ts';
import { target } from './v2-models.ts';
import { statsOf } from './v2-statistics.ts';

/**
 * Statistics of all models, of every version of one, or of one version.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`; `MODEL_NOT_READY` while the server starts
 */
export function statistics(body: Uint8Array, catalogue: Catalogue, server: ServerFacts): Uint8Array {
  const { name, version } = ModelStatisticsRequest.decode(body);
  return ModelStatisticsResponse.encode({
    modelStats: chosen(name, version, catalogue, server).map((facts) => messageOf(facts, server)),
  });
}

function chosen(
  name: string,
  version: string,
  catalogue: Catalogue,
  server: ServerFacts,
): readonly ModelFacts[] {
  if (name === '') return catalogue.list();
  const one = target({ params: { name, version: version === '' ? undefined : version } }, catalogue, server);
  return version === '' ? catalogue.versions(one.name) : [one];
}

function messageOf(facts: ModelFacts, server: ServerFacts) {
  const stats = statsOf(facts, server);
  const { success, fail, queue, compute_input, compute_infer, compute_output, cache_hit, cache_miss } =
    stats.inference_stats;
  const inferenceStats: Init<InferStatistics> = {
    success: duration(success),
    fail: duration(fail),
    queue: duration(queue),
    computeInput: duration(compute_input),
    computeInfer: duration(compute_infer),
    computeOutput: duration(compute_output),
    cacheHit: duration(cache_hit),
    cacheMiss: duration(cache_miss),
  };
  return {
    name: stats.name,
    version: stats.version,
    lastInference: BigInt(stats.last_inference),
    inferenceCount: BigInt(stats.inference_count),
    executionCount: BigInt(stats.execution_count),
    inferenceStats,
  };
}

function duration({ count, ns }: { readonly count: number; readonly ns: number }) {
  return { count: BigInt(count), ns: BigInt(ns) };
}
