import { z } from 'zod';
import type { Tensor } from '../../core/tensor.ts';
import { type FloatType, isFloat, numbersOf, storeOf } from '../elements.ts';
import { misfit, parseOptions, targetOf } from '../options.ts';
import type { Transform } from '../transform.ts';

const factor = z.number('the factor must be a finite number');
const schema = z.union(
  [
    factor.transform((by) => ({ by })),
    z.strictObject({ by: factor, input: z.string().optional(), output: z.string().optional() }),
  ],
  'the factor must be a finite number',
);

/** Multiplies every value: `scale: 0.0625`, or `scale: {by: 0.0625, input: image}` where there are several. */
export const scale: Transform = {
  summary: 'multiply every value by a number',
  compile(options, context) {
    const example = 'scale: 0.0625';
    const { by, input, output } = {
      input: undefined,
      output: undefined,
      ...parseOptions(schema, options, { name: 'scale', example, context }),
    };
    const spec = targetOf('scale', context.stage === 'pre' ? input : output, context);
    const { datatype } = spec;
    if (!isFloat(datatype)) {
      throw misfit(
        'scale',
        context,
        `"${spec.name}" is ${datatype}, not a float`,
        'Use it on FP16, FP32 or FP64 tensors',
        spec,
      );
    }
    return {
      signature: context.signature,
      apply: (tensors) =>
        tensors.map((tensor) => (tensor.name === spec.name ? scaled(tensor, datatype, by) : tensor)),
    };
  },
};

function scaled(tensor: Tensor, datatype: FloatType, by: number): Tensor {
  // Another datatype than promised is left to the gauge, which says so by name.
  if (tensor.datatype !== datatype) return tensor;
  return {
    ...tensor,
    data: storeOf(
      datatype,
      Float64Array.from(numbersOf(tensor), (value) => value * by),
    ),
  };
}
