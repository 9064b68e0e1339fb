import { encodeFloat16 } from '../../core/float16.ts';
import { type ElementStore, firstLength, nextLength, type Room } from './element-store.ts';
import { refuseNonFinite } from './float32-store.ts';
import type { JsonCursor } from './json-cursor.ts';
import { readNumber } from './json-number.ts';

/** FP64 and FP16. */
export class FloatStore implements ElementStore {
  count = 0;
  #data: Float64Array;
  readonly #half: boolean;
  readonly #from: number;
  readonly #room: Room;

  constructor(cursor: JsonCursor, room: Room, datatype: 'FP64' | 'FP16') {
    this.#data = new Float64Array(firstLength(cursor, room));
    this.#half = datatype === 'FP16';
    this.#from = cursor.at;
    this.#room = room;
  }

  row(cursor: JsonCursor): void {
    do this.one(cursor);
    while (cursor.nextItem());
  }

  one(cursor: JsonCursor): void {
    const start = cursor.at;
    const value = readNumber(cursor, false);
    if (this.#half && Math.abs(value) >= 65_520) refuseNonFinite(cursor, start, 'FP16');
    if (value - value !== 0) refuseNonFinite(cursor, start, this.#half ? 'FP16' : 'FP64');
    if (this.count === this.#data.length) {
      const larger = new Float64Array(nextLength(cursor, this.count, this.#from, this.#room));
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.count++] = value;
  }

  /** FP16 is rounded here from the double, not by way of binary32, which would round twice. */
  take(): Float64Array | Uint16Array {
    if (!this.#half) return this.count === this.#data.length ? this.#data : this.#data.slice(0, this.count);
    const bits = new Uint16Array(this.count);
    for (let index = 0; index < bits.length; index++) bits[index] = encodeFloat16(this.#data[index]!);
    return bits;
  }
}
