import { decodeFloat16, encodeFloat16 } from '../core/float16.ts';
import {
  type AnyTensorData,
  allocate,
  type BytesElement,
  type Datatype,
  elementCount,
  type Tensor,
  type TensorSpec,
} from '../core/tensor.ts';
import { misfit } from './sample-faults.ts';

/**
 * JSON elements → the tensor's store. `data` is flat, or nested exactly as `shape`; for rank 0 a bare element will do.
 * @throws MdeployError `SAMPLE_MISFIT` naming the element
 */
export function readElements(
  file: string,
  spec: Pick<TensorSpec, 'name' | 'datatype'>,
  shape: readonly number[],
  data: unknown,
): AnyTensorData {
  const count = elementCount(shape);
  const flat = flatten(file, spec.name, shape, data);
  if (flat.length !== count) {
    throw misfit(
      file,
      `${spec.name}.data`,
      `${count} elements for shape [${shape.join(',')}]`,
      `${flat.length}`,
    );
  }
  const store = allocate(spec.datatype, count);
  const { expected, convert } = readers[spec.datatype];
  for (let index = 0; index < count; index++) {
    const element = convert(flat[index]);
    if (element === undefined) throw misfit(file, `${spec.name}.data[${index}]`, expected, show(flat[index]));
    (store as unknown[])[index] = element;
  }
  return store;
}

/** The reverse of `readElements`, flat; every element comes back to the same bits. */
export function elementsToJson(tensor: Tensor): unknown[] {
  return Array.from(tensor.data as ArrayLike<unknown>, writers[tensor.datatype]);
}

type Element = number | bigint | BytesElement;

interface Reader {
  readonly expected: string;
  /** undefined: the JSON value is not such an element. */
  convert(value: unknown): Element | undefined;
}

const readers: Readonly<Record<Datatype, Reader>> = {
  BOOL: { expected: 'true or false', convert: toBool },
  UINT8: integer(0, 255),
  UINT16: integer(0, 65_535),
  UINT32: integer(0, 2 ** 32 - 1),
  UINT64: large(0n, 2n ** 64n - 1n),
  INT8: integer(-128, 127),
  INT16: integer(-32_768, 32_767),
  INT32: integer(-(2 ** 31), 2 ** 31 - 1),
  INT64: large(-(2n ** 63n), 2n ** 63n - 1n),
  FP16: {
    expected: 'a number within FP16',
    convert: (value) => half(float(value, (v) => Math.abs(v) < 65_520)),
  },
  FP32: {
    expected: 'a number within FP32',
    convert: (value) => float(value, (v) => Number.isFinite(Math.fround(v))),
  },
  FP64: { expected: 'a number', convert: (value) => float(value, Number.isFinite) },
  BYTES: { expected: 'text or {"b64": "..."}', convert: toBytes },
};

const writers: Readonly<Record<Datatype, (element: unknown) => unknown>> = {
  BOOL: (element) => element !== 0,
  UINT8: (element) => element,
  UINT16: (element) => element,
  UINT32: (element) => element,
  UINT64: largeToJson,
  INT8: (element) => element,
  INT16: (element) => element,
  INT32: (element) => element,
  INT64: largeToJson,
  FP16: (element) => floatToJson(decodeFloat16(element as number)),
  FP32: (element) => floatToJson(shortest(element as number)),
  FP64: (element) => floatToJson(element as number),
  BYTES: (element) =>
    typeof element === 'string' ? element : { b64: Buffer.from(element as Uint8Array).toString('base64') },
};

const specials = new Map([
  ['NaN', Number.NaN],
  ['-0', -0],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function flatten(file: string, name: string, shape: readonly number[], data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) return [data];
  const isFlat = data.every((element) => !Array.isArray(element));
  if (isFlat) return data;
  const flat: unknown[] = [];
  const walk = (level: unknown, axis: number, at: string): void => {
    if (axis === shape.length) {
      flat.push(level);
      return;
    }
    const length = shape[axis]!;
    if (!Array.isArray(level) || level.length !== length) {
      const received = Array.isArray(level) ? `a list of ${level.length}` : show(level);
      throw misfit(file, `${name}.data${at}`, `a list of ${length}`, received);
    }
    for (let i = 0; i < length; i++) walk(level[i], axis + 1, `${at}[${i}]`);
  };
  walk(data, 0, '');
  return flat;
}

function integer(min: number, max: number): Reader {
  return {
    expected: `an integer from ${min} to ${max}`,
    convert: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? value
        : undefined,
  };
}

function large(min: bigint, max: bigint): Reader {
  const convert = (value: unknown): bigint | undefined => {
    const isText = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
    if (!isText && typeof value !== 'bigint' && !Number.isSafeInteger(value)) return undefined;
    const exact = BigInt(value as string | number | bigint);
    return exact >= min && exact <= max ? exact : undefined;
  };
  return { expected: `an integer from ${min} to ${max}`, convert };
}

function float(value: unknown, isCarried: (value: number) => boolean): number | undefined {
  if (typeof value === 'string') return specials.get(value);
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const number = Number(value);
  return isCarried(number) ? number : undefined;
}

function half(value: number | undefined): number | undefined {
  return value === undefined ? undefined : encodeFloat16(value);
}

function toBool(value: unknown): number | undefined {
  if (value === true || value === 1) return 1;
  return value === false || value === 0 ? 0 : undefined;
}

function toBytes(value: unknown): BytesElement | undefined {
  if (typeof value === 'string') return value;
  const b64 = (value as { b64?: unknown } | null | undefined)?.b64;
  if (typeof b64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(b64)) return undefined;
  return new Uint8Array(Buffer.from(b64, 'base64'));
}

function largeToJson(element: unknown): number | string {
  const value = element as bigint;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function floatToJson(value: number): number | string {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : notJson(value);
}

// JSON.stringify writes -0 as 0; its text form is read back as a number with its sign.
function notJson(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

// 0.1 rather than 0.10000000149011612: the fewest digits that round back to the same FP32.
function shortest(value: number): number {
  // toPrecision drops the sign of zero.
  if (value === 0) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return value.toString();
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
