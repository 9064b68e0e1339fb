import { decodeFloat16 } from './float16.ts';
import type { AnyTensorData, BytesElement, Datatype, Tensor } from './tensor.ts';

export interface Tolerance {
  /** Relative to the expected value. */
  readonly rtol: number;
  readonly atol: number;
}

export interface Comparison {
  readonly ok: boolean;
  /** Largest |actual − expected|; Infinity where a NaN, an infinity or text differs. */
  readonly maxAbs: number;
  /** Largest |actual − expected| / |expected| over elements whose expected value is not 0. */
  readonly maxRel: number;
  /** Flat C-order index of the element furthest outside the tolerance, or nearest to leaving it; -1 when all are equal. */
  readonly worstIndex: number;
  /** Why it is not ok, in words, with expected and received. */
  readonly reason?: string;
}

/**
 * Element by element: |actual − expected| ≤ atol + rtol·|expected| for floats, NaN equal to NaN, infinities by sign.
 * Integers may differ by the whole part of `atol` only, since `rtol` would take one class label for another;
 * 64-bit integers are compared as such. BOOL and BYTES must be equal.
 */
export function compareTensors(actual: Tensor, expected: Tensor, tolerance: Tolerance): Comparison {
  if (actual.datatype !== expected.datatype)
    return misfit(`expected datatype ${expected.datatype}, received ${actual.datatype}`);
  if (!sameShape(actual.shape, expected.shape))
    return misfit(`expected shape ${showShape(expected.shape)}, received ${showShape(actual.shape)}`);
  const differ = differences[expected.datatype];
  let maxAbs = 0;
  let maxRel = 0;
  let worstIndex = -1;
  let worstExcess = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < expected.data.length; index++) {
    const { abs, size } = differ(actual.data, expected.data, index);
    if (abs === 0) continue;
    if (abs > maxAbs) maxAbs = abs;
    if (size > 0 && abs / size > maxRel) maxRel = abs / size;
    const excess = abs - allowed(expected.datatype, size, tolerance);
    if (excess > worstExcess) {
      worstExcess = excess;
      worstIndex = index;
    }
  }
  const figures = { maxAbs, maxRel, worstIndex };
  if (worstExcess <= 0) return { ok: true, ...figures };
  return { ok: false, ...figures, reason: explain(actual, expected, worstIndex, maxAbs) };
}

/** `[0,3]` for flat index 3 of shape [2,4]; `[]` for a scalar. */
export function showIndex(index: number, shape: readonly number[]): string {
  const position: number[] = [];
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis]!;
    position.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return `[${position.join(',')}]`;
}

/** One element for people: numbers as they are, FP16 decoded, text quoted and cut at 60 characters. */
export function showElement(tensor: Tensor, index: number): string {
  const element = tensor.data[index];
  if (tensor.datatype === 'FP16') return String(decodeFloat16(element as number));
  if (tensor.datatype === 'BOOL') return element === 0 ? 'false' : 'true';
  if (typeof element === 'string' || element instanceof Uint8Array) return showBytes(element);
  return String(element);
}

interface Difference {
  readonly abs: number;
  /** |expected|, what `rtol` is relative to; 0 where no relation makes sense. */
  readonly size: number;
}

type Differ = (actual: AnyTensorData, expected: AnyTensorData, index: number) => Difference;

const same: Difference = { abs: 0, size: 0 };
const apart: Difference = { abs: Number.POSITIVE_INFINITY, size: 0 };

const differences: Readonly<Record<Datatype, Differ>> = {
  BOOL: (a, e, i) => ((a[i] !== 0) === (e[i] !== 0) ? same : apart),
  UINT8: numbers,
  UINT16: numbers,
  UINT32: numbers,
  UINT64: bigints,
  INT8: numbers,
  INT16: numbers,
  INT32: numbers,
  INT64: bigints,
  FP16: (a, e, i) => between(decodeFloat16(a[i] as number), decodeFloat16(e[i] as number)),
  FP32: numbers,
  FP64: numbers,
  BYTES: (a, e, i) => (sameBytes(a[i] as BytesElement, e[i] as BytesElement) ? same : apart),
};

const integers: ReadonlySet<Datatype> = new Set([
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
]);

function allowed(datatype: Datatype, size: number, tolerance: Tolerance): number {
  return integers.has(datatype) ? Math.floor(tolerance.atol) : tolerance.atol + tolerance.rtol * size;
}

function numbers(actual: AnyTensorData, expected: AnyTensorData, index: number): Difference {
  return between(actual[index] as number, expected[index] as number);
}

function between(actual: number, expected: number): Difference {
  if (actual === expected || (Number.isNaN(actual) && Number.isNaN(expected))) return same;
  if (!Number.isFinite(actual) || !Number.isFinite(expected)) return apart;
  return { abs: Math.abs(actual - expected), size: Math.abs(expected) };
}

function bigints(actual: AnyTensorData, expected: AnyTensorData, index: number): Difference {
  const a = actual[index] as bigint;
  const e = expected[index] as bigint;
  if (a === e) return same;
  return { abs: Number(a > e ? a - e : e - a), size: Math.abs(Number(e)) };
}

function sameBytes(actual: BytesElement, expected: BytesElement): boolean {
  if (typeof actual === 'string' && typeof expected === 'string') return actual === expected;
  return Buffer.compare(Buffer.from(actual), Buffer.from(expected)) === 0;
}

function sameShape(actual: readonly number[], expected: readonly number[]): boolean {
  return actual.length === expected.length && actual.every((length, axis) => length === expected[axis]);
}

function misfit(reason: string): Comparison {
  return {
    ok: false,
    maxAbs: Number.POSITIVE_INFINITY,
    maxRel: Number.POSITIVE_INFINITY,
    worstIndex: -1,
    reason,
  };
}

function explain(actual: Tensor, expected: Tensor, index: number, maxAbs: number): string {
  const at = showIndex(index, expected.shape);
  const values = `expected ${showElement(expected, index)}, received ${showElement(actual, index)}`;
  return Number.isFinite(maxAbs)
    ? `at ${at} ${values}; largest difference ${maxAbs.toPrecision(3)}`
    : `at ${at} ${values}`;
}

function showBytes(element: BytesElement): string {
  const text = typeof element === 'string' ? element : Buffer.from(element).toString('utf8');
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function showShape(shape: readonly number[]): string {
  return `[${shape.join(',')}]`;
}
