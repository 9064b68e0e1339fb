import { z } from 'zod';
import { failure } from '../../core/errors/error.ts';
import type { Tensor, TensorSpec } from '../../core/tensor.ts';
import { type FloatType, isFloat, numbersOf, storeOf } from '../elements.ts';
import { misfit, parseOptions, replaced, requireStage, targetOf } from '../options.ts';
import type { Transform, TransformContext } from '../transform.ts';

const count = z.int('k must be a whole number').positive('k must be at least 1');
const schema = z.union(
  [count.transform((k) => ({ k })), z.strictObject({ k: count, output: z.string().optional() })],
  'k must be a whole number of at least 1',
);

/**
 * The k largest scores of the last axis, best first: `top_k: 3`. The output is replaced by two of shape
 * [batch, k]: `label` (BYTES, with labels in the manifest) or `index` (INT64), and `score` (the output's datatype).
 * Equal scores keep their order; NaN counts as the lowest.
 */
export const topK: Transform = {
  summary: 'keep the k best classes: label (or index) and score',
  compile(options, context) {
    requireStage('top_k', 'post', context);
    const parsed = {
      output: undefined,
      ...parseOptions(schema, options, { name: 'top_k', example: 'top_k: 3', context }),
    };
    const spec = targetOf('top_k', parsed.output, context);
    const labels = context.labels.get(spec.name);
    const results = resultSpecs(spec, parsed.k, labels, context);
    const { datatype } = spec as { datatype: FloatType };
    return {
      signature: replaced(context, spec.name, results),
      apply: (tensors) =>
        tensors.flatMap((tensor) =>
          tensor.name === spec.name ? best(tensor, { datatype, k: parsed.k, labels }) : [tensor],
        ),
    };
  },
};

function resultSpecs(
  spec: TensorSpec,
  k: number,
  labels: readonly string[] | undefined,
  context: TransformContext,
): TensorSpec[] {
  const { name, datatype, shape } = spec;
  const wrong = (reason: string, fix: string) => misfit('top_k', context, reason, fix, spec);
  const classes = shape?.at(-1);
  if (!isFloat(datatype))
    throw wrong(`"${name}" is ${datatype}, not a float`, 'Use it on an output of scores');
  if (shape?.length === 0)
    throw wrong(`"${name}" is a scalar`, 'Use it on an output with an axis of classes');
  if (typeof classes === 'number' && classes < k) {
    throw wrong(`k is ${k}, and "${name}" has ${classes} classes`, `Set k to ${classes} or less`);
  }
  if (typeof classes === 'number' && labels && labels.length !== classes) {
    throw wrong(
      `there are ${labels.length} labels for ${classes} classes`,
      'Give one label per class, in order',
    );
  }
  const names = [labels ? 'label' : 'index', 'score'];
  const taken = context.signature.outputs.find((other) => other.name !== name && names.includes(other.name));
  if (taken) throw wrong(`there is already an output "${taken.name}"`, 'Remove that output or this step');
  const kept = shape === null ? null : [...shape.slice(0, -1), k];
  return [
    { name: names[0]!, datatype: labels ? 'BYTES' : 'INT64', shape: kept },
    { name: names[1]!, datatype, shape: kept },
  ];
}

interface TopK {
  readonly datatype: FloatType;
  readonly k: number;
  readonly labels: readonly string[] | undefined;
}

function best(tensor: Tensor, { datatype, k, labels }: TopK): [Tensor, Tensor] {
  const scores = numbersOf(tensor);
  const classes = tensor.shape.at(-1) ?? 1;
  if (classes < k || (labels && labels.length < classes))
    throw unfit(tensor, classes < k ? `${k}` : `${labels?.length}`);
  const rows = classes === 0 ? 0 : scores.length / classes;
  const picked: number[] = [];
  const values = new Float64Array(rows * k);
  for (let row = 0; row < rows; row++) {
    for (const [place, index] of largest(scores, row * classes, classes, k).entries()) {
      picked.push(index);
      values[row * k + place] = scores[row * classes + index]!;
    }
  }
  const shape = [...tensor.shape.slice(0, -1), k];
  const named: Tensor = labels
    ? { name: 'label', datatype: 'BYTES', shape, data: picked.map((index) => labels[index]!) }
    : { name: 'index', datatype: 'INT64', shape, data: BigInt64Array.from(picked, BigInt) };
  return [named, { name: 'score', datatype, shape, data: storeOf(datatype, values) }];
}

function largest(scores: ArrayLike<number>, start: number, classes: number, k: number): number[] {
  const rank = (index: number) => {
    const value = scores[start + index]!;
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  const order = Array.from({ length: classes }, (_, index) => index);
  return order.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(b) - rank(a))).slice(0, k);
}

function unfit(tensor: Tensor, wanted: string) {
  const classes = tensor.shape.at(-1) ?? 1;
  return failure(
    'FINISHING_FAILED',
    { step: 'top_k', name: tensor.name, reason: `it has ${classes} classes where ${wanted} are needed` },
    { field: tensor.name, expected: `${wanted} classes`, received: `${classes}` },
  );
}
