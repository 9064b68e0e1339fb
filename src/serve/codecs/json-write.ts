import { isUtf8 } from 'node:buffer';
import type { BytesElement, Tensor } from '../../core/tensor.ts';
import { type FloatStyle, float16Text, writeFloat32, writeFloat64, writeInteger } from './float-text.ts';
import type { JsonWriter } from './json-writer.ts';

export interface WriteOptions {
  readonly floats: FloatStyle;
  /** `token`: the bare words `NaN`, `Infinity`, `-Infinity`, which strict JSON does not have. */
  readonly nonFinite: 'null' | 'token';
  /**
   * BYTES elements that are binary always become `{"b64": "..."}`. `text`: unless they are UTF-8.
   * `base64`: text elements do, too.
   */
  readonly bytes?: 'text' | 'base64';
  /** A blank behind every comma and colon. */
  readonly isSpaced?: boolean;
}

/** Writes a tensor as nested lists; a bare value for rank 0. */
export function writeTensor(writer: JsonWriter, tensor: Tensor, options: WriteOptions): void {
  writeAxis(writer, tensor, options, 0, 0);
}

/** Writes what lies at `index` of the first axis. */
export function writeRow(writer: JsonWriter, tensor: Tensor, index: number, options: WriteOptions): void {
  let size = 1;
  for (let axis = 1; axis < tensor.shape.length; axis++) size *= tensor.shape[axis]!;
  writeAxis(writer, tensor, options, 1, index * size);
}

/** Returns the offset after what it wrote. */
function writeAxis(
  writer: JsonWriter,
  tensor: Tensor,
  options: WriteOptions,
  axis: number,
  offset: number,
): number {
  const { shape } = tensor;
  const write = elementWriters[tensor.datatype];
  if (axis === shape.length) {
    write(writer, tensor.data as never, offset, options);
    return offset + 1;
  }
  const length = shape[axis]!;
  let next = offset;
  writer.byte(OPEN_LIST);
  const isInnermost = axis === shape.length - 1;
  for (let index = 0; index < length; index++) {
    if (index > 0) {
      writer.byte(COMMA);
      if (options.isSpaced) writer.byte(SPACE);
    }
    if (isInnermost) write(writer, tensor.data as never, next++, options);
    else next = writeAxis(writer, tensor, options, axis + 1, next);
  }
  writer.byte(CLOSE_LIST);
  return next;
}

type WriteElement<Data> = (writer: JsonWriter, data: Data, index: number, options: WriteOptions) => void;

const elementWriters: Readonly<Record<Tensor['datatype'], WriteElement<never>>> = {
  BOOL: (writer, data: Uint8Array, index) => writer.ascii(data[index] === 0 ? 'false' : 'true'),
  UINT8: (writer, data: Uint8Array, index) => writeInteger(writer, data[index]!),
  UINT16: (writer, data: Uint16Array, index) => writeInteger(writer, data[index]!),
  UINT32: (writer, data: Uint32Array, index) => writeLarge(writer, data[index]!),
  UINT64: (writer, data: BigUint64Array, index) => writeLarge(writer, data[index]!),
  INT8: (writer, data: Int8Array, index) => writeInteger(writer, data[index]!),
  INT16: (writer, data: Int16Array, index) => writeInteger(writer, data[index]!),
  INT32: (writer, data: Int32Array, index) => writeLarge(writer, data[index]!),
  INT64: (writer, data: BigInt64Array, index) => writeLarge(writer, data[index]!),
  FP16: (writer, data: Uint16Array, index, options) => {
    const half = data[index]!;
    if ((half & 0x7c00) !== 0x7c00) writer.ascii(float16Text(half, options.floats));
    else writeNonFinite(writer, (half & 0x3ff) !== 0 ? Number.NaN : half < 0x8000 ? 1 : -1, options);
  },
  FP32: (writer, data: Float32Array, index, options) => {
    const value = data[index]!;
    if (value - value === 0) writeFloat32(writer, value, options.floats);
    else writeNonFinite(writer, value, options);
  },
  FP64: (writer, data: Float64Array, index, options) => {
    const value = data[index]!;
    if (value - value === 0) writeFloat64(writer, value, options.floats);
    else writeNonFinite(writer, value, options);
  },
  BYTES: (writer, data: readonly BytesElement[], index, options) => writeBytes(writer, data[index]!, options),
};

function writeLarge(writer: JsonWriter, value: number | bigint): void {
  const number = Number(value);
  if (number > -(2 ** 31) && number < 2 ** 31) writeInteger(writer, number);
  else writer.ascii(String(value));
}

function writeNonFinite(writer: JsonWriter, value: number, { nonFinite }: WriteOptions): void {
  if (nonFinite === 'null') writer.ascii('null');
  else writer.ascii(Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');
}

function writeBytes(writer: JsonWriter, element: BytesElement, options: WriteOptions): void {
  const isText = typeof element === 'string' || (options.bytes === 'text' && isUtf8(element));
  if (isText && options.bytes !== 'base64') {
    writer.string(typeof element === 'string' ? element : Buffer.from(element).toString('utf8'));
    return;
  }
  const encoded = Buffer.from(element as Uint8Array).toString('base64');
  writer.ascii(`{"b64":${options.isSpaced ? ' ' : ''}"${encoded}"}`);
}

const SPACE = 0x20;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
