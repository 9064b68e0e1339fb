import type { Reader } from './reader.ts';
import { varintSize, type Writer, wideSize } from './writer.ts';

/** How one value is written, without its tag. */
export interface Scalar<T> {
  /** 0 varint, 1 eight bytes, 2 with a length, 5 four bytes. */
  readonly wire: 0 | 1 | 2 | 5;
  readonly zero: T;
  isZero(value: T): boolean;
  read(reader: Reader): T;
  size(value: T, sizes: number[]): number;
  write(writer: Writer, value: T): void;
}

export const bool: Scalar<boolean> = {
  wire: 0,
  zero: false,
  isZero: (value) => !value,
  read: (reader) => reader.bool(),
  size: () => 1,
  write: (writer, value) => writer.varint(value ? 1 : 0),
};

/** Also for enumerations. */
export const int32: Scalar<number> = {
  wire: 0,
  zero: 0,
  isZero: (value) => value === 0,
  read: (reader) => reader.varint() | 0,
  size: (value) => wideSize(value, value < 0 ? -1 : 0),
  write: (writer, value) => writer.wide(value, value < 0 ? -1 : 0),
};

export const uint32: Scalar<number> = {
  wire: 0,
  zero: 0,
  isZero: (value) => value === 0,
  read: (reader) => reader.varint(),
  size: (value) => varintSize(value),
  write: (writer, value) => writer.varint(value),
};

export const int64: Scalar<bigint> = { ...wide(), read: (reader) => reader.int64() };
export const uint64: Scalar<bigint> = { ...wide(), read: (reader) => reader.uint64() };

export const float: Scalar<number> = {
  wire: 5,
  zero: 0,
  isZero: (value) => Object.is(value, 0),
  read: (reader) => reader.float(),
  size: () => 4,
  write: (writer, value) => writer.float(value),
};

export const double: Scalar<number> = {
  wire: 1,
  zero: 0,
  isZero: (value) => Object.is(value, 0),
  read: (reader) => reader.double(),
  size: () => 8,
  write: (writer, value) => writer.double(value),
};

export const string: Scalar<string> = {
  wire: 2,
  zero: '',
  isZero: (value) => value === '',
  read: (reader) => reader.string(),
  size: (value, sizes) => sized(Buffer.byteLength(value), sizes),
  write: (writer, value) => writer.string(value, writer.length()),
};

export const bytes: Scalar<Uint8Array> = {
  wire: 2,
  zero: new Uint8Array(0),
  isZero: (value) => value.byteLength === 0,
  read: (reader) => reader.raw(),
  size: (value, sizes) => sized(value.byteLength, sizes),
  write: (writer, value) => {
    writer.length();
    writer.raw(value);
  },
};

/** Notes the size of a nested part; returns it with its length. */
export function sized(size: number, sizes: number[]): number {
  sizes.push(size);
  return varintSize(size) + size;
}

function wide(): Omit<Scalar<bigint>, 'read'> {
  const low = (value: bigint) => Number(value & 0xffff_ffffn);
  const high = (value: bigint) => Number((value >> 32n) & 0xffff_ffffn);
  return {
    wire: 0,
    zero: 0n,
    isZero: (value) => value === 0n,
    size: (value) => wideSize(low(value), high(value)),
    write: (writer, value) => writer.wide(low(value), high(value)),
  };
}
