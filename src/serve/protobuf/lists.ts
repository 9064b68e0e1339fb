import { canStay } from '../codecs/in-place.ts';
import { malformed, type Reader } from './reader.ts';
import { varintSize, type Writer, wideSize } from './writer.ts';

export type NumberList =
  | Uint8Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** How a list of numbers is written packed, and how a single element of one that is not packed is read. */
export interface ListType<L extends NumberList> {
  readonly wire: 0 | 1 | 5;
  make(length: number): L;
  /** @param packed a view of the body; the result may share its memory */
  read(packed: Buffer): L;
  readOne(reader: Reader, into: L, index: number): void;
  size(list: L): number;
  write(writer: Writer, list: L): void;
}

export const floatList: ListType<Float32Array> = fixed(5, Float32Array, (reader) => reader.float());
export const doubleList: ListType<Float64Array> = fixed(1, Float64Array, (reader) => reader.double());

export const boolList: ListType<Uint8Array> = {
  wire: 0,
  make: (length) => new Uint8Array(length),
  read: (packed) => {
    // One byte each, unless a client writes its varints in a strange way.
    if (packed.every((byte) => byte <= 1))
      return canStay(packed, 1)
        ? new Uint8Array(packed.buffer, packed.byteOffset, packed.length)
        : Uint8Array.from(packed);
    return varints(
      packed,
      (length) => new Uint8Array(length),
      (into, at, low, high) => {
        into[at] = (low | high) === 0 ? 0 : 1;
      },
    );
  },
  readOne: (reader, into, index) => {
    into[index] = reader.bool() ? 1 : 0;
  },
  size: (list) => list.length,
  write: (writer, list) => writer.raw(list),
};

export const int32List: ListType<Int32Array> = {
  wire: 0,
  make: (length) => new Int32Array(length),
  read: (packed) =>
    varints(packed, int32List.make, (into, at, low) => {
      into[at] = low;
    }),
  readOne: (reader, into, index) => {
    into[index] = reader.varint();
  },
  size: (list) => {
    let size = 0;
    for (const value of list) size += value < 0 ? 10 : varintSize(value);
    return size;
  },
  write: (writer, list) => {
    for (const value of list) writer.wide(value, value < 0 ? -1 : 0);
  },
};

export const uint32List: ListType<Uint32Array> = {
  wire: 0,
  make: (length) => new Uint32Array(length),
  read: (packed) =>
    varints(packed, uint32List.make, (into, at, low) => {
      into[at] = low;
    }),
  readOne: (reader, into, index) => {
    into[index] = reader.varint();
  },
  size: (list) => {
    let size = 0;
    for (const value of list) size += varintSize(value);
    return size;
  },
  write: (writer, list) => {
    for (const value of list) writer.varint(value);
  },
};

export const int64List: ListType<BigInt64Array> = {
  ...wide<BigInt64Array>((length) => new BigInt64Array(length)),
  readOne: (reader, into, index) => {
    into[index] = reader.int64();
  },
};

export const uint64List: ListType<BigUint64Array> = {
  ...wide<BigUint64Array>((length) => new BigUint64Array(length)),
  readOne: (reader, into, index) => {
    into[index] = reader.uint64();
  },
};

function fixed<L extends Float32Array | Float64Array>(
  wire: 1 | 5,
  Type: { new (length: number): L; new (buffer: ArrayBufferLike, at: number, length: number): L },
  readNumber: (reader: Reader) => number,
): ListType<L> {
  const width = wire === 5 ? 4 : 8;
  return {
    wire,
    make: (length) => new Type(length),
    read: (packed) => {
      const length = packed.length / width;
      if (!Number.isInteger(length))
        throw malformed(`a list of ${width}-byte numbers has ${packed.length} bytes`);
      if (canStay(packed, width, true)) return new Type(packed.buffer, packed.byteOffset, length);
      const copy = new Type(length);
      new Uint8Array(copy.buffer).set(packed);
      return copy;
    },
    readOne: (reader, into, index) => {
      into[index] = readNumber(reader);
    },
    size: (list) => list.byteLength,
    write: (writer, list) => writer.raw(bytesOf(list)),
  };
}

// 64-bit integers are read and written as pairs of words: a BigInt per element would cost ten times as much.
function wide<L extends BigInt64Array | BigUint64Array>(
  make: (length: number) => L,
): Omit<ListType<L>, 'readOne'> {
  return {
    wire: 0,
    make,
    read: (packed) => {
      const words = varints(
        packed,
        (length) => new Int32Array(make(length).buffer),
        (into, at, low, high) => {
          into[2 * at] = low;
          into[2 * at + 1] = high;
        },
      );
      const list = make(0);
      return new (list.constructor as new (buffer: ArrayBufferLike) => L)(words.buffer);
    },
    size: (list) => {
      const words = wordsOf(list);
      let size = 0;
      for (let at = 0; at < words.length; at += 2) size += wideSize(words[at]!, words[at + 1]!);
      return size;
    },
    write: (writer, list) => {
      const words = wordsOf(list);
      for (let at = 0; at < words.length; at += 2) writer.wide(words[at]!, words[at + 1]!);
    },
  };
}

function varints<L>(
  packed: Buffer,
  make: (length: number) => L,
  put: (into: L, at: number, low: number, high: number) => void,
): L {
  let count = 0;
  for (let at = 0; at < packed.length; at++) if (packed[at]! < 0x80) count++;
  const list = make(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    let byte = packed[at++]!;
    let low = byte & 0x7f;
    let high = 0;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      if (shift > 63) throw malformed('a number in it has more than ten bytes');
      byte = packed[at++]!;
      const part = byte & 0x7f;
      if (shift < 32) low |= part << shift;
      if (shift > 25) high |= shift < 32 ? part >>> (32 - shift) : part << (shift - 32);
    }
    put(list, index, low, high);
  }
  if (at !== packed.length) throw malformed('it ends in the middle of a number');
  return list;
}

function wordsOf(list: BigInt64Array | BigUint64Array): Int32Array {
  return new Int32Array(list.buffer, list.byteOffset, list.length * 2);
}

function bytesOf(list: ArrayBufferView): Uint8Array {
  return new Uint8Array(list.buffer, list.byteOffset, list.byteLength);
}
