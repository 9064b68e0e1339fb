import { allocate, type Datatype, type TensorData } from '../../core/tensor.ts';
import { ElementFault } from './element-fault.ts';
import { type ElementStore, firstLength, nextLength, type Room } from './element-store.ts';
import type { JsonCursor } from './json-cursor.ts';
import { readNumber } from './json-number.ts';

export type SmallInteger = 'UINT8' | 'UINT16' | 'UINT32' | 'INT8' | 'INT16' | 'INT32';
export type LargeInteger = 'INT64' | 'UINT64';

/** Integers of up to 32 bits. */
export class IntegerStore implements ElementStore {
  count = 0;
  #data: TensorData[SmallInteger];
  readonly #datatype: SmallInteger;
  readonly #strict: boolean;
  readonly #from: number;
  readonly #room: Room;
  readonly #least: number;
  readonly #most: number;

  constructor(cursor: JsonCursor, room: Room, datatype: SmallInteger, strict: boolean) {
    this.#data = allocate(datatype, firstLength(cursor, room));
    this.#datatype = datatype;
    this.#strict = strict;
    this.#from = cursor.at;
    this.#room = room;
    [this.#least, this.#most] = ranges[datatype];
  }

  row(cursor: JsonCursor): void {
    do this.one(cursor);
    while (cursor.nextItem());
  }

  one(cursor: JsonCursor): void {
    const start = cursor.at;
    const value = readNumber(cursor, false);
    const isInteger = Number.isInteger(value) && (!this.#strict || isIntegerToken(cursor, start));
    if (!isInteger || value < this.#least || value > this.#most) {
      cursor.at = start;
      throw new ElementFault(cursor, this.#datatype, isInteger);
    }
    if (this.count === this.#data.length) {
      const larger = allocate(this.#datatype, nextLength(cursor, this.count, this.#from, this.#room));
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.count++] = value;
  }

  take(): TensorData[SmallInteger] {
    return this.count === this.#data.length ? this.#data : this.#data.slice(0, this.count);
  }
}

/** 64-bit integers, exact: only tokens beyond 2^53 cost a BigInt parse. */
export class BigIntegerStore implements ElementStore {
  count = 0;
  #data: BigInt64Array | BigUint64Array;
  readonly #datatype: LargeInteger;
  readonly #strict: boolean;
  readonly #from: number;
  readonly #room: Room;

  constructor(cursor: JsonCursor, room: Room, datatype: LargeInteger, strict: boolean) {
    this.#data = allocate(datatype, firstLength(cursor, room));
    this.#datatype = datatype;
    this.#strict = strict;
    this.#from = cursor.at;
    this.#room = room;
  }

  row(cursor: JsonCursor): void {
    do this.one(cursor);
    while (cursor.nextItem());
  }

  one(cursor: JsonCursor): void {
    const value = this.#read(cursor);
    if (this.count === this.#data.length) {
      const larger = allocate(this.#datatype, nextLength(cursor, this.count, this.#from, this.#room));
      larger.set(this.#data as BigInt64Array);
      this.#data = larger;
    }
    this.#data[this.count++] = value;
  }

  take(): BigInt64Array | BigUint64Array {
    return this.count === this.#data.length ? this.#data : this.#data.slice(0, this.count);
  }

  #read(cursor: JsonCursor): bigint {
    const start = cursor.at;
    const value = readNumber(cursor, false);
    const signed = this.#datatype === 'INT64';
    if (Number.isSafeInteger(value) && (signed || value >= 0)) {
      if (!this.#strict || isIntegerToken(cursor, start)) return BigInt(value);
    } else if (Number.isInteger(value) && isIntegerToken(cursor, start) && cursor.at - start <= 20) {
      const exact = BigInt(cursor.bytes.toString('latin1', start, cursor.at));
      if (exact === (signed ? BigInt.asIntN(64, exact) : BigInt.asUintN(64, exact))) return exact;
    }
    const outOfRange = Number.isInteger(value);
    cursor.at = start;
    throw new ElementFault(cursor, this.#datatype, outOfRange);
  }
}

// `1.0` and `1e3` are integers to most people, but TF Serving refuses them.
function isIntegerToken({ bytes, at }: JsonCursor, start: number): boolean {
  for (let index = start; index < at; index++)
    if (bytes[index]! > NINE || bytes[index] === POINT) return false;
  return true;
}

const POINT = 0x2e;
const NINE = 0x39;

const ranges: Readonly<Record<SmallInteger & Datatype, readonly [number, number]>> = {
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
};
