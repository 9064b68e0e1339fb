import { decodeFloat16 } from '../core/float16.ts';
import type { Tensor } from '../core/tensor.ts';

export interface Figures {
  /** Of the finite |values| of the original; 0 without numbers. */
  readonly largest: number;
  readonly cosine: number | null;
  readonly top1: number | null;
  /** How many rows, or labels, `top1` is a share of. */
  readonly rows: number;
  readonly hasNaN: boolean;
  readonly onlyActualNaN: boolean;
}

/** What is said of two answers beside their largest difference. */
export function measure(actual: Tensor, expected: Tensor): Figures {
  const original = numbers(expected);
  const converted = numbers(actual);
  const right = isFloat(expected) ? undefined : labels(actual, expected);
  if (original === undefined || converted === undefined || original.length !== converted.length)
    return { ...none, ...right };
  let largest = 0;
  for (const value of original) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  const hasNaN = original.some(Number.isNaN);
  return {
    largest,
    cosine: cosine(converted, original),
    ...(right ?? top1(converted, original, expected.shape)),
    hasNaN,
    onlyActualNaN: !hasNaN && converted.some(Number.isNaN),
  };
}

const none: Figures = {
  largest: 0,
  cosine: null,
  top1: null,
  rows: 0,
  hasNaN: false,
  onlyActualNaN: false,
};

type Top1 = Pick<Figures, 'top1' | 'rows'>;

function isFloat({ datatype }: Tensor): boolean {
  return datatype.startsWith('FP');
}

// Whole numbers, truth values and texts are labels or ids: each is right or wrong.
function labels(actual: Tensor, expected: Tensor): Top1 {
  const count = expected.data.length;
  if (actual.datatype !== expected.datatype || actual.data.length !== count || count === 0)
    return { top1: 0, rows: count };
  let same = 0;
  for (let index = 0; index < count; index++)
    if (isEqual(actual.data[index]!, expected.data[index]!)) same += 1;
  return { top1: same / count, rows: count };
}

type Element = Tensor['data'][number];

function isEqual(a: Element, b: Element): boolean {
  if (typeof a !== 'string' && !(a instanceof Uint8Array)) return a === b;
  return Buffer.from(a as string).equals(Buffer.from(b as string));
}

function numbers({ datatype, data }: Tensor): Float64Array | undefined {
  if (datatype === 'BYTES' || datatype === 'BOOL') return undefined;
  if (datatype === 'FP16') return Float64Array.from(data as Uint16Array, decodeFloat16);
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}

// Scaled by the largest value first, so that squares neither overflow nor vanish.
function cosine(a: Float64Array, b: Float64Array): number | null {
  const scale = Math.max(
    ...[a, b].map((vector) => vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0)),
  );
  if (!Number.isFinite(scale)) return null;
  if (scale === 0) return a.length === 0 ? null : 1;
  let product = 0;
  let first = 0;
  let second = 0;
  for (let index = 0; index < a.length; index++) {
    const x = a[index]! / scale;
    const y = b[index]! / scale;
    product += x * y;
    first += x * x;
    second += y * y;
  }
  const sizes = Math.sqrt(first * second);
  return sizes === 0 ? (first === second ? 1 : 0) : product / sizes;
}

// Rows of scores have at least two values along the last axis. Where two are best, either is right.
function top1(a: Float64Array, b: Float64Array, shape: readonly number[]): Top1 {
  const classes = shape.at(-1) ?? 0;
  if (shape.length < 2 || classes < 2 || a.length === 0) return { top1: null, rows: 0 };
  const rows = a.length / classes;
  let same = 0;
  for (let row = 0; row < rows; row++) {
    const from = row * classes;
    const chosen = from + best(a, from, classes);
    const right = from + best(b, from, classes);
    const isNew = Number.isNaN(a[chosen]!) && !Number.isNaN(b[chosen]!);
    if (!isNew && (chosen === right || b[chosen] === b[right])) same += 1;
  }
  return { top1: same / rows, rows };
}

function best(values: Float64Array, from: number, count: number): number {
  let at = 0;
  for (let index = 1; index < count; index++) if (values[from + index]! > values[from + at]!) at = index;
  return at;
}
