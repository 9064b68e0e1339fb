import { z } from 'zod';
import type { Tensor } from '../../core/tensor.ts';
import { type FloatType, isFloat, numbersOf, storeOf } from '../elements.ts';
import { misfit, parseOptions, requireStage, targetOf } from '../options.ts';
import type { Transform } from '../transform.ts';

const schema = z.strictObject({ output: z.string().optional() }, 'it takes no options but output').optional();

/** Scores → probabilities along the last axis: `softmax`, or `softmax: {output: logits}` where there are several. */
export const softmax: Transform = {
  summary: 'turn scores into probabilities along the last axis',
  compile(options, context) {
    requireStage('softmax', 'post', context);
    const parsed = parseOptions(schema, options, {
      name: 'softmax',
      example: 'softmax: {output: logits}',
      context,
    });
    const spec = targetOf('softmax', parsed?.output, context);
    const { datatype, shape } = spec;
    if (!isFloat(datatype) || shape?.length === 0) {
      const reason = `"${spec.name}" is ${isFloat(datatype) ? 'a scalar' : `${datatype}, not a float`}`;
      throw misfit(
        'softmax',
        context,
        reason,
        'Use it on an FP16, FP32 or FP64 output with an axis of classes',
        spec,
      );
    }
    return {
      signature: context.signature,
      apply: (tensors) =>
        tensors.map((tensor) => (tensor.name === spec.name ? normalised(tensor, datatype) : tensor)),
    };
  },
};

function normalised(tensor: Tensor, datatype: FloatType): Tensor {
  const values = Float64Array.from(numbersOf(tensor));
  const width = tensor.shape.at(-1) ?? 1;
  for (let start = 0; start < values.length; start += width)
    softmaxRow(values.subarray(start, start + width));
  return { ...tensor, data: storeOf(datatype, values) };
}

// The largest score is taken off first: exp(1000) would overflow where exp(0) does not.
function softmaxRow(row: Float64Array): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of row) if (value > largest) largest = value;
  let sum = 0;
  for (let index = 0; index < row.length; index++) {
    const power = Math.exp(row[index]! - largest);
    row[index] = power;
    sum += power;
  }
  for (let index = 0; index < row.length; index++) row[index] = row[index]! / sum;
}
