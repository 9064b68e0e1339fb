import { ElementFault } from './element-fault.ts';
import { type ElementStore, firstLength, nextLength, type Room } from './element-store.ts';
import type { JsonCursor } from './json-cursor.ts';
import { isCertain, powers, readNumber } from './json-number.ts';

/** FP32: `Math.fround` of the number as JSON.parse would read it. */
export class Float32Store implements ElementStore {
  count = 0;
  #data: Float32Array;
  readonly #from: number;
  readonly #room: Room;

  constructor(cursor: JsonCursor, room: Room) {
    this.#data = new Float32Array(firstLength(cursor, room));
    this.#from = cursor.at;
    this.#room = room;
  }

  // One flat loop with everything in locals: calls per number would cost as much as the digits. What is rare (an
  // exponent, no number at all, a doubtful rounding) starts over in `#read`.
  row(cursor: JsonCursor): void {
    const { bytes, end } = cursor;
    let data = this.#data;
    let count = this.count;
    let at = cursor.at;
    for (;;) {
      const start = at;
      if (at < end && bytes[at] === MINUS) at++;
      const from = at;
      // Nine digits fit an int32.
      let stop = Math.min(at + 9, end);
      let high = 0;
      let digit = 0;
      for (; at < stop; at++) {
        digit = bytes[at]! - ZERO;
        if (digit >>> 0 > 9) break;
        high = (high * 10 + digit) | 0;
      }
      let value = high;
      let common = at > from && (bytes[from] !== ZERO || at === from + 1);
      if (at < end && bytes[at] === POINT) {
        const point = ++at;
        if (high === 0) {
          while (at < end && bytes[at] === ZERO) at++;
          stop = Math.min(at + 9, end);
        } else stop = Math.min(from + 10, end);
        for (; at < stop; at++) {
          digit = bytes[at]! - ZERO;
          if (digit >>> 0 > 9) break;
          high = (high * 10 + digit) | 0;
        }
        let size = high;
        let taken = at;
        if (at === stop) {
          stop = Math.min(at + 9, end);
          let low = 0;
          for (; at < stop; at++) {
            digit = bytes[at]! - ZERO;
            if (digit >>> 0 > 9) break;
            low = (low * 10 + digit) | 0;
          }
          size = high * powers[at - taken]! + low;
          taken = at;
          // Beyond 18 digits a text differs by less than 2^-56 of itself.
          while (at < end && (bytes[at]! - ZERO) >>> 0 <= 9) at++;
        }
        value = size / powers[Math.min(taken - point, 308)]!;
        // Up to 2^53 and 10^22 both operands are exact, so the division rounds as the text does. Else four roundings
        // and the cut lie within 2^-50.
        if (at === point || ((size > 2 ** 53 || taken - point > 22) && !isCertain(value, 2 ** -50)))
          common = false;
      }
      let byte = at < end ? bytes[at]! : 0;
      if (!common || (byte | 32) === LETTER_E || (byte - ZERO) >>> 0 <= 9) {
        this.count = count;
        cursor.at = start;
        value = this.#read(cursor);
        at = cursor.at;
        byte = at < end ? bytes[at]! : 0;
      } else if (from > start) value = -value;
      if (count === data.length) {
        cursor.at = at;
        data = this.#grow(cursor, count);
      }
      data[count++] = value;
      if (byte === COMMA && at + 1 < end && bytes[at + 1]! > 32) {
        at++;
        continue;
      }
      cursor.at = at;
      this.count = count;
      if (!cursor.nextItem()) return;
      at = cursor.at;
    }
  }

  one(cursor: JsonCursor): void {
    const value = this.#read(cursor);
    if (this.count === this.#data.length) this.#grow(cursor, this.count);
    this.#data[this.count++] = value;
  }

  #read(cursor: JsonCursor): number {
    const start = cursor.at;
    const value = Math.fround(readNumber(cursor, true));
    if (!Number.isFinite(value)) refuseNonFinite(cursor, start, 'FP32');
    return value;
  }

  take(): Float32Array {
    return this.count === this.#data.length ? this.#data : this.#data.slice(0, this.count);
  }

  #grow(cursor: JsonCursor, count: number): Float32Array {
    const larger = new Float32Array(nextLength(cursor, count, this.#from, this.#room));
    larger.set(this.#data);
    this.#data = larger;
    return larger;
  }
}

/** `NaN` and `Infinity` as words are wanted; a value that is no number, or a number that became infinite, is not. */
export function refuseNonFinite(cursor: JsonCursor, start: number, datatype: 'FP16' | 'FP32' | 'FP64'): void {
  const isNumber = cursor.at !== start;
  const last = cursor.bytes[cursor.at - 1];
  if (isNumber && (last === LETTER_N || last === LETTER_Y)) return;
  cursor.at = start;
  throw new ElementFault(cursor, datatype, isNumber);
}

const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const LETTER_N = 0x4e;
const LETTER_Y = 0x79;
const LETTER_E = 0x65;
