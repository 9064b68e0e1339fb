import type { z } from 'zod';
import { failure, type MdeployError } from '../core/errors/error.ts';
import { type Signature, showSpec, type TensorSpec } from '../core/tensor.ts';
import type { TransformContext } from './transform.ts';

/**
 * Checks a step's options against the transform's own schema.
 * @param example how the step is written rightly, shown as remedy
 * @throws MdeployError `TRANSFORM_OPTIONS` with the key path of the option
 */
export function parseOptions<T>(
  schema: z.ZodType<T>,
  options: unknown,
  { name, example, context }: { name: string; example: string; context: TransformContext },
): T {
  const result = schema.safeParse(options ?? undefined);
  if (result.success) return result.data;
  const unknown = unknownOption(result.error.issues);
  const issue = unknown ?? result.error.issues[0]!;
  const path = `${context.at}.${name}${issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')}`;
  throw failure(
    'TRANSFORM_OPTIONS',
    { name, reason: unknown ? `it has no option "${unknown.keys[0]}"` : lowerFirst(issue.message), example },
    { at: { path }, expected: example, received: JSON.stringify(options) ?? 'nothing' },
  );
}

// Misspelt options make others missing; the misspelling is what to tell.
function unknownOption(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssueUnrecognizedKeys | undefined {
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') return issue;
    const inner = issue.code === 'invalid_union' ? unknownOption(issue.errors.flat()) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

/**
 * The tensor a step works on: the one its options name, else the only one of its side.
 * @throws MdeployError `TRANSFORM_MISFIT`
 */
export function targetOf(name: string, wanted: string | undefined, context: TransformContext): TensorSpec {
  const side = context.stage === 'pre' ? 'input' : 'output';
  const specs = context.stage === 'pre' ? context.signature.inputs : context.signature.outputs;
  const names = specs.map((spec) => spec.name).join(', ');
  if (wanted === undefined && specs.length === 1) return specs[0]!;
  const found = specs.find((spec) => spec.name === wanted);
  if (found) return found;
  const reason =
    wanted === undefined
      ? `there are ${specs.length} ${side}s and it names none`
      : `there is no ${side} "${wanted}"`;
  throw misfit(name, context, reason, `Set its option ${side} to one of: ${names}`);
}

/** Makes (does not throw) `TRANSFORM_MISFIT` for a step. */
export function misfit(
  name: string,
  context: TransformContext,
  reason: string,
  fix: string,
  spec?: TensorSpec,
): MdeployError {
  const details = spec ? { field: spec.name, received: showSpec(spec) } : {};
  return failure('TRANSFORM_MISFIT', { name, reason, fix }, { at: { path: context.at }, ...details });
}

/** @throws MdeployError `TRANSFORM_MISFIT` when the step stands on the wrong side of the model */
export function requireStage(name: string, stage: 'pre' | 'post', context: TransformContext): void {
  if (context.stage === stage) return;
  const [right, wrong] = stage === 'pre' ? ['preprocess', 'postprocess'] : ['postprocess', 'preprocess'];
  throw misfit(name, context, `it is no step of ${wrong}`, `Move it to ${right}`);
}

/** The signature with one tensor of the stage's side replaced, in place. */
export function replaced(
  { signature, stage }: TransformContext,
  name: string,
  by: readonly TensorSpec[],
): Signature {
  const swap = (specs: readonly TensorSpec[]) => specs.flatMap((spec) => (spec.name === name ? by : [spec]));
  return stage === 'pre'
    ? { ...signature, inputs: swap(signature.inputs) }
    : { ...signature, outputs: swap(signature.outputs) };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
