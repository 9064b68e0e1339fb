import { z } from 'zod';
import type { Dim, Tensor, TensorSpec } from '../../core/tensor.ts';
import { isPixel, numbersOf, type PixelType, storeOf } from '../elements.ts';
import { misfit, parseOptions, replaced, requireStage, targetOf } from '../options.ts';
import { resample } from '../resample.ts';
import type { Transform, TransformContext } from '../transform.ts';

const pair = z.tuple(
  [z.int().positive().max(16384), z.int().positive().max(16384)],
  'the size must be [height, width], two whole numbers',
);
const schema = z.union(
  [
    pair.transform((size) => ({ size, method: 'bilinear' as const })),
    z.strictObject({
      size: pair,
      method: z.enum(['bilinear', 'nearest']).default('bilinear'),
      input: z.string().optional(),
    }),
  ],
  'the size must be [height, width], two whole numbers',
);

/**
 * Pictures of any size → `[height, width]`, stretched: `resize: [224, 224]`, or
 * `resize: {size: [224, 224], method: nearest}`. Bilinear widens its filter when it shrinks, as Pillow and
 * torchvision (antialias) do. Values are not rounded, save for UINT8 tensors.
 */
export const resize: Transform = {
  summary: 'stretch or shrink pictures to [height, width]',
  compile(options, context) {
    requireStage('resize', 'pre', context);
    const example = 'resize: [224, 224]';
    const { size, method, input } = {
      input: undefined,
      ...parseOptions(schema, options, { name: 'resize', example, context }),
    };
    const spec = targetOf('resize', input, context);
    const { datatype } = spec;
    const axes = spec.shape && spatialAxes(spec.shape, size);
    if (!isPixel(datatype) || !axes) throw unfit(spec, size, context);
    const shape = sourceShape(spec.shape!, axes);
    return {
      signature: replaced(context, spec.name, [{ ...spec, shape }]),
      apply: (tensors) =>
        tensors.map((tensor) =>
          tensor.name === spec.name && tensor.datatype === datatype && tensor.shape.length === shape.length
            ? resized(tensor, { datatype, size, method, axes })
            : tensor,
        ),
    };
  },
};

interface Axes {
  /** Axis of rows in the source; columns are the next one. */
  readonly rows: number;
  /** Behind the step everything after the batch axis is one axis. */
  readonly flat: boolean;
}

// Channels first wins where both could be meant, as everywhere in the pipeline.
function spatialAxes(shape: readonly Dim[], [height, width]: readonly [number, number]): Axes | undefined {
  const holds = (rows: number) => fits(shape[rows], height) && fits(shape[rows + 1], width);
  if (shape.length === 4 && holds(2)) return { rows: 2, flat: false };
  if ((shape.length === 4 || shape.length === 3) && holds(1)) return { rows: 1, flat: false };
  if (shape.length === 2 && fits(shape[1], height * width)) return { rows: 1, flat: true };
  return undefined;
}

function sourceShape(shape: readonly Dim[], { rows, flat }: Axes): Dim[] {
  if (flat) return [shape[0]!, 'height', 'width'];
  return shape.map((dim, axis) => (axis === rows ? 'height' : axis === rows + 1 ? 'width' : dim));
}

interface Plan {
  readonly datatype: PixelType;
  readonly size: readonly [number, number];
  readonly method: 'bilinear' | 'nearest';
  readonly axes: Axes;
}

function resized(tensor: Tensor, { datatype, size, method, axes }: Plan): Tensor {
  const [height, width] = [tensor.shape[axes.rows]!, tensor.shape[axes.rows + 1]!];
  const planes = product(tensor.shape.slice(0, axes.rows));
  const channels = product(tensor.shape.slice(axes.rows + 2));
  const values = resample(numbersOf(tensor), { planes, height, width, channels }, size, method);
  const shape = tensor.shape.map((dim, axis) =>
    axis === axes.rows ? size[0] : axis === axes.rows + 1 ? size[1] : dim,
  );
  return {
    ...tensor,
    shape: axes.flat ? [tensor.shape[0]!, size[0] * size[1]] : shape,
    data: storeOf(datatype, values),
  };
}

function unfit(spec: TensorSpec, [height, width]: readonly [number, number], context: TransformContext) {
  const reason = `"${spec.name}" cannot hold pictures of ${height} rows and ${width} columns`;
  return misfit('resize', context, reason, 'Write the size that the model takes, as [height, width]', spec);
}

function product(dims: readonly number[]): number {
  return dims.reduce((total, dim) => total * dim, 1);
}

function fits(dim: Dim | undefined, length: number): boolean {
  return typeof dim === 'string' || dim === length;
}
