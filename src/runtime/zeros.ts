import { allocate, elementCount, type Tensor, type TensorSpec } from '../core/tensor.ts';

/**
 * One made-up feed per input: zeros and empty texts. A symbolic first axis is 1, other symbolic axes are `length`;
 * an input of unknown rank is a list of one.
 * @throws RangeError when a fixed shape is too large to allocate
 */
export function zeroFeeds(inputs: readonly TensorSpec[], length = 1): Tensor[] {
  return inputs.map((input) => {
    const shape = shapeOf(input, length);
    const { name, datatype } = input;
    return { name, datatype, shape, data: allocate(datatype, elementCount(shape)) };
  });
}

/** How many values `zeroFeeds` would make. */
export function zeroCount(inputs: readonly TensorSpec[], length = 1): number {
  return inputs.reduce((sum, input) => sum + elementCount(shapeOf(input, length)), 0);
}

/** Lengths of symbolic axes worth trying, most likely first: many convolutional graphs need more than 1. */
export function likelyLengths(inputs: readonly TensorSpec[]): readonly number[] {
  const isGuessed = inputs.some((input) => input.shape?.slice(1).some((dim) => typeof dim !== 'number'));
  return isGuessed ? [1, 32] : [1];
}

function shapeOf({ shape }: TensorSpec, length: number): number[] {
  return (shape ?? [1]).map((dim, axis) =>
    typeof dim === 'number' && dim >= 0 ? dim : axis === 0 ? 1 : length,
  );
}
