import { type AnyTensorData, type Datatype, elementSize } from './tensor.ts';

/** Makes the error for a reason such as `its header cannot be read`. */
export type Refuse = (reason: string) => Error;

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

/** NumPy's names of the datatypes, without the byte order. */
export const descrOf = Object.fromEntries(
  [...datatypeOf].map(([descr, datatype]) => [datatype, descr]),
) as Readonly<Record<Exclude<Datatype, 'BYTES'>, string>>;

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
 * @throws what `refuse` makes of the reason
 */
export function readElements(
  descr: string,
  bytes: Uint8Array,
  count: number,
  refuse: Refuse,
): { datatype: Datatype; data: AnyTensorData } {
  const [, order, kind = '', width = ''] = /^([<>|=]?)([a-zA-Z])(\d*)$/.exec(descr) ?? [];
  const datatype = datatypeOf.get(kind + width);
  const isText = (kind === 'U' || kind === 'S') && width !== '';
  if (!datatype && !isText) throw refuse(unsupported(kind, descr));
  const size = datatype ? elementSize[datatype] : Number(width) * (kind === 'U' ? 4 : 1);
  // Text of no width would make any number of elements out of nothing.
  if (bytes.length < Math.max(size, 1) * count) {
    throw refuse(`it holds ${bytes.length} bytes of data where its header promises ${size * count}`);
  }
  const own = copyInOrder(
    bytes.subarray(0, size * count),
    kind === 'U' ? 4 : size,
    order === '>' && kind !== 'S',
  );
  if (datatype) return { datatype, data: stores[datatype](own) };
  const decode = kind === 'U' ? decodeUcs4 : decodeAscii;
  const cells = Array.from({ length: count }, (_, index) =>
    decode(new Uint8Array(own, index * size, size), refuse),
  );
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
function decodeUcs4(bytes: Uint8Array, refuse: Refuse): string {
  let text = '';
  for (const point of new Uint32Array(bytes.slice().buffer)) {
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
      throw refuse('it holds text that is no Unicode');
    text += String.fromCodePoint(point);
  }
  return trimmed(text);
}

function decodeAscii(bytes: Uint8Array): string {
  return trimmed(new TextDecoder().decode(bytes));
}

// Not by a pattern: one that looks for zeros at the end takes quadratic time on zeros in between.
function trimmed(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}
