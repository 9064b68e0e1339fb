import { failure, type MdeployError } from '../../core/errors/error.ts';
import {
  type AnyTensorData,
  type BytesElement,
  type Datatype,
  elementCount,
  elementSize,
  type Tensor,
} from '../../core/tensor.ts';
import { canStay } from './in-place.ts';

/** More strings than this in one tensor are refused: each costs some hundred bytes of memory, however short. */
const maxElements = 2 ** 22;

/**
 * Reads the raw form of a tensor (Open Inference v2, "Binary Tensor Data"; gRPC `raw_input_contents`): little-endian,
 * C order, no padding; BYTES elements each behind a 4-byte length. The elements are a view of `bytes` where alignment
 * allows and the view keeps no much larger memory alive, else a copy.
 * @throws MdeployError `REQUEST_INVALID` when the bytes are not what the shape takes, `INPUT_VALUE`
 */
export function readBinary(
  bytes: Uint8Array,
  { name, datatype, shape }: Omit<Tensor, 'data'>,
): AnyTensorData {
  const count = elementCount(shape);
  if (datatype === 'BYTES')
    return readElements(canStay(bytes, 1) ? bytes : new Uint8Array(bytes), name, count);
  const size = elementSize[datatype];
  if (bytes.length !== count * size)
    throw mismatch(name, `${showShape(shape)} of ${datatype} takes ${count * size}`, bytes.length);
  const isFloat = datatype === 'FP32' || datatype === 'FP64' || datatype === 'FP16';
  const { buffer, byteOffset } = canStay(bytes, size, isFloat) ? bytes : new Uint8Array(bytes);
  const data = views[datatype](buffer as ArrayBuffer, byteOffset, count);
  if (datatype === 'BOOL') proveBooleans(data as Uint8Array, name);
  return data;
}

/** Bytes of a tensor's raw form. */
export function binarySize({ datatype, data }: Tensor): number {
  if (datatype !== 'BYTES') return data.length * elementSize[datatype];
  let size = 0;
  for (const element of data as readonly BytesElement[]) size += 4 + lengthOf(element);
  return size;
}

/** Writes the raw form of a tensor at `at`; returns the place after it. The room must be there. */
export function writeBinary({ datatype, data }: Tensor, target: Buffer, at: number): number {
  if (datatype !== 'BYTES') {
    const { buffer, byteOffset, byteLength } = data as Uint8Array;
    target.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    return at + byteLength;
  }
  let next = at;
  for (const element of data as readonly BytesElement[]) {
    const length = lengthOf(element);
    next = target.writeUInt32LE(length, next);
    if (typeof element === 'string') target.write(element, next, 'utf8');
    else target.set(element, next);
    next += length;
  }
  return next;
}

function readElements(bytes: Uint8Array, name: string, count: number): Uint8Array[] {
  if (count > maxElements) {
    const problem = `Input "${name}" has ${count} strings; ${maxElements} are the most at once.`;
    throw failure('REQUEST_INVALID', { problem, fix: 'Send fewer rows at once.' }, { field: name });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : 0;
    const end = at + 4 + length;
    if (end > bytes.length) throw mismatch(name, `element ${index} of ${count} ends at ${end}`, bytes.length);
    elements.push(bytes.subarray(at + 4, end));
    at = end;
  }
  if (at !== bytes.length) throw mismatch(name, `${count} elements take ${at}`, bytes.length);
  return elements;
}

// The runtime would take any byte for true, and clients that print it back would not.
function proveBooleans(data: Uint8Array, name: string): void {
  const index = data.findIndex((value) => value > 1);
  if (index < 0) return;
  const facts = { expected: 'BOOL (a byte that is 0 or 1)', received: String(data[index]) };
  throw failure('INPUT_VALUE', { name, where: ` at element ${index}`, ...facts }, { field: name, ...facts });
}

function lengthOf(element: BytesElement): number {
  return typeof element === 'string' ? Buffer.byteLength(element) : element.length;
}

function mismatch(name: string, expectation: string, received: number): MdeployError {
  const problem = `Input "${name}" has ${received} bytes of binary data, but ${expectation}.`;
  const fix = 'Send the elements in C order, little-endian, each string behind its 4-byte length.';
  return failure('REQUEST_INVALID', { problem, fix }, { field: name, received: `${received} bytes` });
}

function showShape(shape: readonly number[]): string {
  return `[${shape.join(',')}]`;
}

type View = (buffer: ArrayBuffer, offset: number, length: number) => AnyTensorData;

const views: Readonly<Record<Exclude<Datatype, 'BYTES'>, View>> = {
  BOOL: (buffer, offset, length) => new Uint8Array(buffer, offset, length),
  UINT8: (buffer, offset, length) => new Uint8Array(buffer, offset, length),
  UINT16: (buffer, offset, length) => new Uint16Array(buffer, offset, length),
  UINT32: (buffer, offset, length) => new Uint32Array(buffer, offset, length),
  UINT64: (buffer, offset, length) => new BigUint64Array(buffer, offset, length),
  INT8: (buffer, offset, length) => new Int8Array(buffer, offset, length),
  INT16: (buffer, offset, length) => new Int16Array(buffer, offset, length),
  INT32: (buffer, offset, length) => new Int32Array(buffer, offset, length),
  INT64: (buffer, offset, length) => new BigInt64Array(buffer, offset, length),
  FP16: (buffer, offset, length) => new Uint16Array(buffer, offset, length),
  FP32: (buffer, offset, length) => new Float32Array(buffer, offset, length),
  FP64: (buffer, offset, length) => new Float64Array(buffer, offset, length),
};
