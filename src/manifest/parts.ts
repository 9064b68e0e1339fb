import * as z from 'zod';
import { grammars, textProblem } from '../core/names.ts';
import { placeholderProblem } from './fields.ts';
import { secretIn } from './secrets.ts';

/** Checks that look at more than one value: twins in a list, labels given twice, steps, secrets. */

interface WrittenTensor {
  readonly name: string;
}
interface WrittenOutput extends WrittenTensor {
  readonly labels?: unknown;
  readonly labels_file?: unknown;
}

const tensorList = 'a list of tensors, each with a name';

export function inputTensors<T extends z.ZodType<WrittenTensor>>(tensor: T) {
  return z.array(tensor, tensorList).max(1024, 'at most 1024 tensors').superRefine(uniqueNames).default([]);
}

export function outputTensors<T extends z.ZodType<WrittenOutput>>(tensor: T) {
  const one = tensor.superRefine((output, context) => {
    if (output.labels === undefined || output.labels_file === undefined) return;
    const why = 'labels are given too';
    context.addIssue({
      code: 'custom',
      path: ['labels_file'],
      message: 'either labels or labels_file',
      params: { why },
    });
  });
  return z.array(one, tensorList).max(1024, 'at most 1024 tensors').superRefine(uniqueNames).default([]);
}

/** Refuses a value that comes twice. */
export function unique(kind: string) {
  return (values: readonly string[], context: z.RefinementCtx): void => {
    for (const [index, value] of values.entries()) {
      if (values.indexOf(value) === index) continue;
      const params = { why: 'it is there already' };
      context.addIssue({ code: 'custom', path: [index], message: `each ${kind} once`, params });
    }
  };
}

function uniqueNames(tensors: readonly WrittenTensor[], context: z.RefinementCtx): void {
  const names = tensors.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    const params = { why: 'the name is there already' };
    context.addIssue({ code: 'custom', path: [index, 'name'], message: 'each tensor once', params });
  }
}

const stepExpected = 'the name of a step, or one "name: options" pair';

/** One step as `{name, options}`; options are null when none were written. */
const step = z
  .union([z.string().regex(grammars.word, stepExpected), z.record(z.string(), z.unknown())], stepExpected)
  .transform((written, context) => {
    if (typeof written === 'string') return { name: written, options: null as unknown };
    const [entry, ...more] = Object.entries(written);
    const refuse = (why: string) => {
      context.addIssue({ code: 'custom', message: stepExpected, params: { why } });
      return z.NEVER;
    };
    if (entry === undefined || more.length > 0) return refuse(`it has ${Object.keys(written).length} keys`);
    const [name, options] = entry;
    if (!grammars.word.test(name)) return refuse('the name is not a word');
    const problem = optionsProblem(options);
    return problem === undefined ? { name, options } : refuse(problem);
  })
  .meta({ title: 'step' });

export const steps = z.array(step, 'a list of steps').max(64, 'at most 64 steps').default([]);

/** Options are checked by the step itself; here only that they are plain, printable data. */
function optionsProblem(value: unknown): string | undefined {
  if (typeof value === 'string') return textProblem(value, 4096) ?? placeholderProblem(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number in it is not finite';
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const problem = textProblem(key, 256) ?? optionsProblem(inner);
    if (problem) return problem;
  }
  return undefined;
}

/** Refuses values that look like secrets, by their name or by their form. */
export function secretFree(values: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  for (const [name, value] of Object.entries(values)) {
    if (!secretIn(name, value)) continue;
    context.addIssue({ code: 'custom', path: [name], message: 'no secrets', params: { secret: name } });
  }
}
