import type { GraphSource } from './graph-source.ts';
import { loadOnnxRuntime } from './onnxruntime.ts';

/**
 * `basic` folds constants and shapes and drops what does nothing: standard operators only. `extended` fuses as well,
 * into operators of this runtime that every processor has.
 */
export type OptimisationLevel = 'basic' | 'extended';

/** Writes the graph as the runtime optimises it when it loads it. @throws the runtime's own error */
export async function saveOptimised(
  source: GraphSource,
  level: OptimisationLevel,
  to: string,
): Promise<void> {
  const ort = loadOnnxRuntime();
  const options = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: level,
    optimizedModelFilePath: to,
    logSeverityLevel: 4,
  } as const;
  const session = source.bytes
    ? await ort.InferenceSession.create(source.bytes, options)
    : await ort.InferenceSession.create(source.path, options);
  await session.release();
}
