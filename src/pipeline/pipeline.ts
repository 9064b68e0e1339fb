import type { Signature, Tensor } from '../core/tensor.ts';
import type { Manifest, TransformStep } from '../manifest/manifest.ts';
import { joinRows, rowCount, rowOf } from './rows.ts';
import type { CompiledTransform, TransformContext } from './transform.ts';
import { loadTransform } from './transforms.ts';

/** All steps of one side of the model: tensors in, tensors out. Promises only where a step needs one. */
export type Stage = (tensors: readonly Tensor[]) => readonly Tensor[] | Promise<readonly Tensor[]>;

/** What stands round a model. A side without steps is null, so that nothing is called or awaited for nothing. */
export interface Pipeline {
  /** What clients see: inputs in front of the first step, outputs behind the last. */
  readonly userSignature: Signature;
  /** User inputs → model inputs. @throws (when run) MdeployError `PREPARATION_FAILED`, `INPUT_DATATYPE` */
  readonly prepare: Stage | null;
  /** All model outputs → user outputs. @throws (when run) MdeployError `FINISHING_FAILED` */
  readonly finish: Stage | null;
}

type Steps = Pick<Manifest, 'preprocess' | 'postprocess' | 'outputs'>;

/**
 * Compiles a manifest's steps round a model. Everything decidable is decided here, once per load.
 * @param model what the graph takes and gives
 * @throws MdeployError `TRANSFORM_UNKNOWN`, `TRANSFORM_OPTIONS`, `TRANSFORM_MISFIT`, `TRANSFORM_LIBRARY`
 */
export async function compilePipeline(manifest: Steps, model: Signature): Promise<Pipeline> {
  const labels = new Map(manifest.outputs.flatMap(({ name, labels }) => (labels ? [[name, labels]] : [])));
  const pre = await compilePreprocess(manifest.preprocess, model, labels);
  const post = await compilePostprocess(manifest.postprocess, model, labels);
  return {
    userSignature: {
      inputs: (pre[0]?.signature ?? model).inputs,
      outputs: (post.at(-1)?.signature ?? model).outputs,
    },
    prepare: stageOf(pre),
    finish: stageOf(post),
  };
}

/** npm packages that must lie beside the server for these steps: `['sharp']` for pictures. */
export async function packagesOf(
  manifest: Pick<Steps, 'preprocess' | 'postprocess'>,
): Promise<readonly string[]> {
  const needed = new Set<string>();
  for (const [stage, steps] of Object.entries({
    preprocess: manifest.preprocess,
    postprocess: manifest.postprocess,
  })) {
    for (const [index, { name }] of steps.entries()) {
      const transform = await loadTransform(name, `${stage}[${index}]`);
      for (const library of transform.packages ?? []) needed.add(library);
    }
  }
  return [...needed].sort();
}

type Labels = TransformContext['labels'];

// From the model outwards: each step is told what the step behind it takes.
async function compilePreprocess(
  steps: readonly TransformStep[],
  model: Signature,
  labels: Labels,
): Promise<CompiledTransform[]> {
  const compiled: CompiledTransform[] = [];
  for (let index = steps.length - 1; index >= 0; index--) {
    const context = { stage: 'pre', signature: compiled[0]?.signature ?? model, labels } as const;
    compiled.unshift(await compileStep(steps[index]!, { ...context, at: `preprocess[${index}]` }));
  }
  return compiled;
}

async function compilePostprocess(
  steps: readonly TransformStep[],
  model: Signature,
  labels: Labels,
): Promise<CompiledTransform[]> {
  const compiled: CompiledTransform[] = [];
  for (const [index, step] of steps.entries()) {
    const context = { stage: 'post', signature: compiled.at(-1)?.signature ?? model, labels } as const;
    compiled.push(await compileStep(step, { ...context, at: `postprocess[${index}]` }));
  }
  return compiled;
}

async function compileStep(step: TransformStep, context: TransformContext): Promise<CompiledTransform> {
  const transform = await loadTransform(step.name, context.at);
  return transform.compile(step.options, context);
}

function stageOf(steps: readonly CompiledTransform[]): Stage | null {
  if (steps.length === 0) return null;
  const run: Stage = (tensors) => runFrom(steps, 0, tensors);
  const rowsOf = steps.find((step) => step.rowsOf !== undefined)?.rowsOf;
  return rowsOf === undefined ? run : byRows(run, rowsOf);
}

// Stays synchronous until a step gives a promise: a microtask per request is measurable on tiny models.
function runFrom(
  steps: readonly CompiledTransform[],
  first: number,
  tensors: readonly Tensor[],
): readonly Tensor[] | Promise<readonly Tensor[]> {
  let current = tensors;
  for (let index = first; index < steps.length; index++) {
    const next = steps[index]!.apply(current);
    if (next instanceof Promise) return next.then((value) => runFrom(steps, index + 1, value));
    current = next;
  }
  return current;
}

// One row after the other: a decoded picture is large, and a request may hold many.
function byRows(run: Stage, name: string): Stage {
  return async (tensors) => {
    const rows = rowCount(tensors, name);
    if (rows === undefined || rows === 1) return run(tensors);
    const parts: (readonly Tensor[])[] = [];
    for (let row = 0; row < rows; row++) parts.push(await run(rowOf(tensors, name, row)));
    return joinRows(tensors, parts, name);
  };
}
