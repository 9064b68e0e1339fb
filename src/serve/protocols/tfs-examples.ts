import { failure, type MdeployError } from '../../core/errors/error.ts';
import { encodeFloat16 } from '../../core/float16.ts';
import {
  allocate,
  type BytesElement,
  elementCount,
  elementSize,
  type Tensor,
  type TensorSpec,
} from '../../core/tensor.ts';
import { expectations } from '../codecs/element-fault.ts';
import { worded } from './tfs-errors.ts';

/** Values of one feature, as in tensorflow.Feature. */
export type Feature =
  | { readonly kind: 'int64'; readonly values: ArrayLike<bigint> }
  | { readonly kind: 'float'; readonly values: ArrayLike<number> }
  | { readonly kind: 'bytes'; readonly values: ArrayLike<BytesElement> };

export type Features = ReadonlyMap<string, Feature>;

/** What classify and regress are asked about: features by name, those of `context` for all examples. */
export interface Examples {
  readonly examples: readonly Features[];
  readonly context: Features;
}

/**
 * The features that are named as the inputs of a model, one row per example. Features that no input is named after are
 * passed over, as TensorFlow's own parser does.
 * @param maxBytes the most that an input may come to when its context is written out for every example
 * @throws MdeployError `INPUT_MISSING`, `INPUT_VALUE`, `REQUEST_INVALID`, `BODY_TOO_LARGE`
 */
export function tensorsOf(given: Examples, specs: readonly TensorSpec[], maxBytes: number): Tensor[] {
  return specs.map((spec) => {
    const rows = given.examples.map((example, index) => {
      const feature = example.get(spec.name) ?? given.context.get(spec.name);
      if (!feature) throw missing(spec, specs, index);
      return feature;
    });
    const shape = spec.shape?.length === 0 ? sharedValue(spec, rows) : shapeOf(spec, rows);
    const size = elementCount(shape) * (spec.datatype === 'BYTES' ? 16 : elementSize[spec.datatype]);
    // A few bytes of context may stand for any number of rows.
    if (given.context.has(spec.name) && size > maxBytes)
      throw failure('BODY_TOO_LARGE', { limit: maxBytes }, { field: spec.name });
    return stack(spec, shape, shape.length === 0 ? rows.slice(0, 1) : rows);
  });
}

// An input without axes has one value, so it must be the same for all.
function sharedValue({ name }: TensorSpec, rows: readonly Feature[]): number[] {
  if (rows.some((row) => row !== rows[0])) {
    const problem = `Input "${name}" is one value for all examples, and each has its own.`;
    throw failure('REQUEST_INVALID', { problem, fix: 'Send it in context.' }, { field: name });
  }
  return [];
}

/** A list is flat, so at most one of the axes after the first may be free; it has the length that the first list says. */
function shapeOf({ name, shape }: TensorSpec, rows: readonly Feature[]): number[] {
  const length = rows[0]?.values.length ?? 0;
  const inner = shape?.slice(1) ?? (length === 1 ? [] : ['']);
  const free = inner.filter((dim) => typeof dim === 'string');
  if (free.length > 1) {
    const problem = `Input "${name}" has ${free.length} free axes beside the first, which a flat list cannot fill.`;
    throw failure('REQUEST_INVALID', { problem, fix: 'Use predict.' }, { field: name });
  }
  const fixed = inner.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
  const filled = inner.map((dim) =>
    typeof dim === 'number' ? dim : fixed === 0 ? 0 : Math.ceil(length / fixed),
  );
  return [rows.length, ...filled];
}

function stack({ name, datatype }: TensorSpec, shape: number[], rows: readonly Feature[]): Tensor {
  const perRow = elementCount(shape.slice(1));
  const data = allocate(datatype, rows.length * perRow);
  rows.forEach((feature, row) => {
    const { values } = feature;
    if (values.length !== perRow) {
      const problem = `Feature "${name}" of examples[${row}] has ${values.length} values, but a row of the model takes ${perRow}.`;
      const fix = 'Send the values of a row in one flat list.';
      throw failure('REQUEST_INVALID', { problem, fix }, { field: `examples[${row}].${name}` });
    }
    for (let index = 0; index < perRow; index++) {
      if (!put({ name, datatype, shape, data }, row * perRow + index, feature, index))
        throw wrongValue({ name, datatype }, row, values[index]!);
    }
  });
  return { name, datatype, shape, data };
}

/** Writes value `index` of a feature at `at`; false when it is none of the datatype. */
function put({ datatype, data }: Tensor, at: number, feature: Feature, index: number): boolean {
  const value = feature.values[index]!;
  if (datatype === 'BYTES' || feature.kind === 'bytes') {
    (data as unknown[])[at] = value;
    return datatype === 'BYTES' && feature.kind === 'bytes';
  }
  if (datatype === 'FP16') {
    const bits = encodeFloat16(Number(value));
    (data as Uint16Array)[at] = bits;
    return (bits & 0x7c00) !== 0x7c00 || !Number.isFinite(Number(value));
  }
  if (datatype === 'FP32' || datatype === 'FP64') {
    const number = Number(value);
    (data as Float64Array)[at] = number;
    return Number.isFinite(data[at] as number) || !Number.isFinite(number);
  }
  if (typeof value !== 'bigint') return false;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    data[at] = value;
    return data[at] === value;
  }
  (data as Int32Array)[at] = Number(value);
  return BigInt(data[at] as number) === value && (datatype !== 'BOOL' || value === 0n || value === 1n);
}

function wrongValue(
  { name, datatype }: Pick<TensorSpec, 'name' | 'datatype'>,
  row: number,
  value: bigint | BytesElement | number,
): MdeployError {
  const expected = datatype === 'BOOL' ? 'BOOL (true or false, 1 or 0)' : expectations[datatype];
  const shown = value instanceof Uint8Array ? Buffer.from(value).toString('utf8', 0, 64) : value;
  const received = typeof shown === 'string' ? JSON.stringify(shown.slice(0, 64)) : String(shown);
  const field = `examples[${row}].${name}`;
  return failure(
    'INPUT_VALUE',
    { name, where: ` of examples[${row}]`, expected, received },
    { field, expected, received },
  );
}

function missing({ name, datatype }: TensorSpec, specs: readonly TensorSpec[], row: number): MdeployError {
  const inputs = specs.map((spec) => spec.name).join(', ');
  const error = failure('INPUT_MISSING', { name, inputs }, { field: `examples[${row}].${name}` });
  const kind = datatype === 'BYTES' ? 'string' : datatype.startsWith('FP') ? 'float' : 'int64';
  return worded(error, `Feature: ${name} (data type: ${kind}) is required but could not be found.`);
}
