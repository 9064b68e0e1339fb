import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AnyTensorData, Datatype, Tensor } from '../src/core/tensor.ts';

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** A golden output. With `argmax`, `data` holds the argmax over that axis of what the model returns. */
export interface GoldenTensor extends Tensor {
  readonly argmax?: number;
}

export interface GoldenCall {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly GoldenTensor[];
}

export interface FixtureCase extends GoldenCall {
  /** `sklearn/iris_logreg`. */
  readonly name: string;
  readonly title: string;
  readonly folder: string;
  /** Absolute path of the ONNX file; of the broken one where `expect` is `error`. */
  readonly modelPath: string;
  readonly expect: 'ok' | 'error';
  /** What the refusal should tell. */
  readonly error?: string;
  readonly tolerance: Tolerance;
  /** Input name → axes that callers may change. */
  readonly dynamic: Readonly<Record<string, readonly number[]>>;
  readonly secondCall?: GoldenCall;
  /** The whole golden.json. */
  readonly golden: Readonly<Record<string, unknown>>;
}

const root = join(import.meta.dirname, 'fixtures');

/** Absolute path of a file below test/fixtures. */
export function fixturePath(relative: string): string {
  return join(root, relative);
}

/** Every case name, sorted. */
export function listCases(): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('golden.json'))
    .map((file) => dirname(file).replaceAll('\\', '/'))
    .sort();
}

export function loadCase(name: string): FixtureCase {
  const folder = join(root, name);
  const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as GoldenFile;
  return {
    name,
    title: golden.title,
    folder,
    modelPath: join(folder, golden.onnx ?? 'model.onnx'),
    expect: golden.expect,
    ...(golden.error !== undefined && { error: golden.error }),
    tolerance: golden.tolerance,
    dynamic: golden.dynamic,
    ...readCall(golden, folder),
    ...(golden.second_call && { secondCall: readCall(golden.second_call, folder) }),
    golden: golden as unknown as Record<string, unknown>,
  };
}

/** The first place where `got` differs from a golden tensor beyond its tolerance, in words; undefined when none does. */
export function difference(got: Tensor, expected: GoldenTensor, tolerance: Tolerance): string | undefined {
  const actual = expected.argmax === undefined ? got : argmax(got, expected.argmax);
  if (actual.datatype !== expected.datatype) return `datatype ${actual.datatype} != ${expected.datatype}`;
  if (actual.shape.join() !== expected.shape.join()) return `shape [${actual.shape}] != [${expected.shape}]`;
  for (let i = 0; i < expected.data.length; i++) {
    const a = element(actual, i);
    const b = element(expected, i);
    if (!close(a, b, tolerance)) return `${expected.name}[${i}]: ${a} != ${b}`;
  }
  return undefined;
}

/** A tensor as golden.json has it. */
export interface StoredTensor {
  readonly dtype: string;
  readonly shape: number[];
  readonly data?: readonly (number | string | boolean)[];
  readonly b64?: string;
  readonly file?: string;
  readonly reduce?: { readonly op: 'argmax'; readonly axis: number };
}

interface StoredCall {
  readonly inputs: Record<string, StoredTensor>;
  readonly outputs: Record<string, StoredTensor>;
}

interface GoldenFile extends StoredCall {
  readonly title: string;
  readonly onnx: string | null;
  readonly expect: 'ok' | 'error';
  readonly error?: string;
  readonly tolerance: Tolerance;
  readonly dynamic: Record<string, number[]>;
  readonly second_call?: StoredCall;
}

function readCall(call: StoredCall, folder: string): GoldenCall {
  const read = (tensors: Record<string, StoredTensor>): GoldenTensor[] =>
    Object.entries(tensors).map(([name, stored]) => readTensor(name, stored, folder));
  return { inputs: read(call.inputs), outputs: read(call.outputs) };
}

/** @throws Error for a dtype that is no datatype of ours */
export function readTensor(name: string, stored: StoredTensor, folder: string): GoldenTensor {
  const datatype = datatypeOf.get(stored.dtype);
  if (!datatype) throw new Error(`fixture dtype ${stored.dtype} of ${name} is not known`);
  return {
    name,
    datatype,
    shape: stored.shape,
    data: stored.data
      ? fromList(datatype, stored.dtype, stored.data)
      : fromBytes(datatype, storedBytes(stored, folder)),
    ...(stored.reduce && { argmax: stored.reduce.axis }),
  };
}

function storedBytes(stored: StoredTensor, folder: string): Buffer {
  return stored.file ? readFileSync(join(folder, stored.file)) : Buffer.from(stored.b64 ?? '', 'base64');
}

function fromList(
  datatype: Datatype,
  dtype: string,
  list: readonly (number | string | boolean)[],
): AnyTensorData {
  if (datatype === 'BYTES')
    return list.map((value) => (dtype === 'bytes' ? Buffer.from(String(value), 'base64') : String(value)));
  if (datatype === 'INT64') return BigInt64Array.from(list, (value) => BigInt(value));
  if (datatype === 'UINT64') return BigUint64Array.from(list, (value) => BigInt(value));
  if (datatype === 'FP16') return Uint16Array.from(list, (value) => toHalf(Number(value)));
  return stores[datatype].from(list.map(Number));
}

function fromBytes(datatype: Datatype, bytes: Buffer): AnyTensorData {
  if (datatype === 'BYTES') throw new Error('string fixtures are stored as lists');
  const exact = new Uint8Array(bytes).buffer;
  if (datatype === 'INT64') return new BigInt64Array(exact);
  if (datatype === 'UINT64') return new BigUint64Array(exact);
  return new stores[datatype](exact);
}

function argmax(tensor: Tensor, axis: number): Tensor {
  if (axis !== tensor.shape.length - 1) throw new Error('argmax over the last axis only');
  const width = tensor.shape.at(-1) ?? 1;
  const rows = tensor.data.length / width;
  const data = new BigInt64Array(rows);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let j = 1; j < width; j++)
      if (tensor.data[row * width + j]! > tensor.data[row * width + best]!) best = j;
    data[row] = BigInt(best);
  }
  return { name: tensor.name, datatype: 'INT64', shape: tensor.shape.slice(0, -1), data };
}

function element(tensor: Tensor, index: number): number | bigint | string {
  const value = tensor.data[index]!;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return tensor.datatype === 'FP16' ? fromHalf(value as number) : value;
}

function close(a: number | bigint | string, b: number | bigint | string, { rtol, atol }: Tolerance): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return Object.is(a, b) || a === b || Math.abs(a - b) <= atol + rtol * Math.abs(b);
}

/** A number as IEEE 754 binary16 bits, ties to even. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  const scaled = size / 2 ** (exponent - 10);
  const rest = scaled - Math.floor(scaled);
  const mantissa =
    Math.floor(scaled) + (rest > 0.5 || (rest === 0.5 && Math.floor(scaled) % 2 === 1) ? 1 : 0);
  return sign | (exponent === -14 ? mantissa : ((exponent + 14) << 10) + mantissa);
}

export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

const datatypeOf = new Map<string, Datatype>([
  ['bool', 'BOOL'],
  ['uint8', 'UINT8'],
  ['uint16', 'UINT16'],
  ['uint32', 'UINT32'],
  ['uint64', 'UINT64'],
  ['int8', 'INT8'],
  ['int16', 'INT16'],
  ['int32', 'INT32'],
  ['int64', 'INT64'],
  ['float16', 'FP16'],
  ['float32', 'FP32'],
  ['float64', 'FP64'],
  ['string', 'BYTES'],
  ['bytes', 'BYTES'],
]);

const stores = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;
