/** Open Inference datatypes that the shipped runtime can carry (v2 protocol, "Tensor Data Types"). */
export const datatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const;

export type Datatype = (typeof datatypes)[number];

/** BYTES elements: a string is text (UTF-8 on the wire); a Uint8Array is whatever the client sent as binary. */
export type BytesElement = string | Uint8Array;

/** Storage per datatype. FP16 holds IEEE 754 binary16 bit patterns; BOOL holds 0 or 1; 64-bit integers never pass through a number. */
export interface TensorData {
  BOOL: Uint8Array;
  UINT8: Uint8Array;
  UINT16: Uint16Array;
  UINT32: Uint32Array;
  UINT64: BigUint64Array;
  INT8: Int8Array;
  INT16: Int16Array;
  INT32: Int32Array;
  INT64: BigInt64Array;
  FP16: Uint16Array;
  FP32: Float32Array;
  FP64: Float64Array;
  BYTES: BytesElement[];
}

export type AnyTensorData = TensorData[Datatype];

/** A dense tensor, C order. `data.length` equals the product of `shape` (1 for the scalar shape `[]`). */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: AnyTensorData;
}

/** A fixed length, or the name of a symbolic axis (`batch`). An axis the file leaves unnamed is `''`. */
export type Dim = number | string;

/** What a model promises for one tensor. `shape` null: the rank is unknown. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly Dim[] | null;
}

export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Bytes per element; BYTES has none. */
export const elementSize: Readonly<Record<Exclude<Datatype, 'BYTES'>, 1 | 2 | 4 | 8>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
};

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dim of shape) count *= dim;
  return count;
}

/** A zeroed store for `count` elements (BYTES: empty strings). */
export function allocate<D extends Datatype>(datatype: D, count: number): TensorData[D];
export function allocate(datatype: Datatype, count: number): AnyTensorData {
  return allocators[datatype](count);
}

/** The way a signature is shown to people: `FP32[batch,4]`; `FP32[...]` when the rank is unknown. */
export function showSpec(spec: Pick<TensorSpec, 'datatype' | 'shape'>): string {
  if (spec.shape === null) return `${spec.datatype}[...]`;
  return `${spec.datatype}[${spec.shape.map((dim) => (dim === '' ? '?' : dim)).join(',')}]`;
}

const allocators: { readonly [D in Datatype]: (count: number) => TensorData[D] } = {
  BOOL: (n) => new Uint8Array(n),
  UINT8: (n) => new Uint8Array(n),
  UINT16: (n) => new Uint16Array(n),
  UINT32: (n) => new Uint32Array(n),
  UINT64: (n) => new BigUint64Array(n),
  INT8: (n) => new Int8Array(n),
  INT16: (n) => new Int16Array(n),
  INT32: (n) => new Int32Array(n),
  INT64: (n) => new BigInt64Array(n),
  FP16: (n) => new Uint16Array(n),
  FP32: (n) => new Float32Array(n),
  FP64: (n) => new Float64Array(n),
  BYTES: (n) => new Array<string>(n).fill(''),
};
