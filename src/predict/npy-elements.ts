import { type AnyTensorData, type Datatype, elementSize } from '../core/tensor.ts';
import { malformed } from './malformed.ts';

const datatypeOf = new Map<string, Exclude<Datatype, 'BYTES'>>([
  ['b1', 'BOOL'],
  ['u1', 'UINT8'],
  ['u2', 'UINT16'],
  ['u4', 'UINT32'],
  ['u8', 'UINT64'],
  ['i1', 'INT8'],
  ['i2', 'INT16'],
  ['i4', 'INT32'],
  ['i8', 'INT64'],
  ['f2', 'FP16'],
  ['f4', 'FP32'],
  ['f8', 'FP64'],
]);

const stores: Readonly<Record<Exclude<Datatype, 'BYTES'>, (buffer: ArrayBuffer) => AnyTensorData>> = {
  BOOL: (buffer) => new Uint8Array(buffer),
  UINT8: (buffer) => new Uint8Array(buffer),
  UINT16: (buffer) => new Uint16Array(buffer),
  UINT32: (buffer) => new Uint32Array(buffer),
  UINT64: (buffer) => new BigUint64Array(buffer),
  INT8: (buffer) => new Int8Array(buffer),
  INT16: (buffer) => new Int16Array(buffer),
  INT32: (buffer) => new Int32Array(buffer),
  INT64: (buffer) => new BigInt64Array(buffer),
  FP16: (buffer) => new Uint16Array(buffer),
  FP32: (buffer) => new Float32Array(buffer),
  FP64: (buffer) => new Float64Array(buffer),
};

/**
 * The elements behind a NumPy header. `descr` is NumPy's type string: `<f4`, `>i8`, `|b1`, `<U12`, `|S5`.
 * @throws MdeployError `INPUT_FILE_MALFORMED`
 */
export function readElements(
  descr: string,
  bytes: Uint8Array,
  count: number,
  file: string,
): { datatype: Datatype; data: AnyTensorData } {
  const [, order, kind = '', width = ''] = /^([<>|=]?)([a-zA-Z])(\d*)$/.exec(descr) ?? [];
  const datatype = datatypeOf.get(kind + width);
  const isText = (kind === 'U' || kind === 'S') && width !== '';
  if (!datatype && !isText) throw malformed('NPY', file, unsupported(kind, descr));
  const size = datatype ? elementSize[datatype] : Number(width) * (kind === 'U' ? 4 : 1);
  if (bytes.length < size * count) {
    throw malformed(
      'NPY',
      file,
      `it holds ${bytes.length} bytes of data where its header promises ${size * count}`,
    );
  }
  const own = copyInOrder(
    bytes.subarray(0, size * count),
    kind === 'U' ? 4 : size,
    order === '>' && kind !== 'S',
  );
  if (datatype) return { datatype, data: stores[datatype](own) };
  const decode = kind === 'U' ? decodeUcs4 : decodeAscii;
  const cells = Array.from({ length: count }, (_, index) => decode(new Uint8Array(own, index * size, size)));
  return { datatype: 'BYTES', data: cells };
}

function unsupported(kind: string, descr: string): string {
  if (kind === 'O')
    return 'it holds Python objects (pickle), which are never read; save it with a number or text dtype';
  return `its dtype ${descr} has no tensor datatype; save it as float32, int64 or another plain dtype`;
}

/** A copy, aligned and in the byte order of this machine (little-endian, as every platform of the runtime is). */
function copyInOrder(bytes: Uint8Array, size: number, swap: boolean): ArrayBuffer {
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (swap && size === 2) copy.swap16();
  if (swap && size === 4) copy.swap32();
  if (swap && size === 8) copy.swap64();
  return copy.buffer as ArrayBuffer;
}

// NumPy pads with zeros on the right.
function decodeUcs4(bytes: Uint8Array): string {
  const points = new Uint32Array(bytes.slice().buffer);
  return String.fromCodePoint(...points).replace(/\0+$/, '');
}

function decodeAscii(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/\0+$/, '');
}
