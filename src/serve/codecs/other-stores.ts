import type { BytesElement } from '../../core/tensor.ts';
import { ElementFault } from './element-fault.ts';
import { type ElementStore, firstLength, nextLength, type Room } from './element-store.ts';
import type { JsonCursor } from './json-cursor.ts';

/** `true` and `false`. */
export class BoolStore implements ElementStore {
  count = 0;
  #data: Uint8Array;
  readonly #from: number;
  readonly #room: Room;

  constructor(cursor: JsonCursor, room: Room) {
    this.#data = new Uint8Array(firstLength(cursor, room));
    this.#from = cursor.at;
    this.#room = room;
  }

  row(cursor: JsonCursor): void {
    do this.one(cursor);
    while (cursor.nextItem());
  }

  one(cursor: JsonCursor): void {
    const value = cursor.word('true');
    if (!value && !cursor.word('false')) throw new ElementFault(cursor, 'BOOL');
    if (this.count === this.#data.length) {
      const larger = new Uint8Array(nextLength(cursor, this.count, this.#from, this.#room));
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.count++] = value ? 1 : 0;
  }

  take(): Uint8Array {
    return this.#data.slice(0, this.count);
  }
}

/** Strings, and `{"b64": "..."}` objects for binary (TF Serving REST, "Encoding binary values"). */
export class BytesStore implements ElementStore {
  count = 0;
  readonly #data: BytesElement[] = [];
  readonly #from: number;
  readonly #room: Room;

  constructor(cursor: JsonCursor, room: Room) {
    this.#from = cursor.at;
    this.#room = room;
  }

  row(cursor: JsonCursor): void {
    do this.one(cursor);
    while (cursor.nextItem());
  }

  one(cursor: JsonCursor): void {
    const sign = cursor.bytes[cursor.at];
    if (sign !== QUOTE && sign !== OPEN_OBJECT) throw new ElementFault(cursor, 'BYTES');
    if (this.count >= this.#room.limit) nextLength(cursor, this.count, this.#from, this.#room);
    this.#data.push(sign === QUOTE ? cursor.string() : readBase64(cursor));
    this.count++;
  }

  take(): BytesElement[] {
    return this.#data;
  }
}

/** Whether the cursor stands on `{"b64": "..."}` and nothing else in it; does not move. */
export function isBase64Object(cursor: JsonCursor): boolean {
  const { at, depth } = cursor;
  const is =
    cursor.firstKey() === 'b64' && cursor.bytes[cursor.at] === QUOTE && passes(cursor) && isLast(cursor);
  cursor.at = at;
  cursor.depth = depth;
  return is;
}

function readBase64(cursor: JsonCursor): Uint8Array {
  const { at, depth } = cursor;
  let isBase64 = false;
  if (cursor.firstKey() === 'b64' && cursor.bytes[cursor.at] === QUOTE) {
    const bytes = decodeBase64(cursor.string());
    isBase64 = isLast(cursor);
    if (bytes && isBase64) return bytes;
  }
  cursor.at = at;
  cursor.depth = depth;
  throw new ElementFault(cursor, 'BYTES', false, isBase64);
}

// Padding may be missing, as in absl::Base64Unescape; anything else that Buffer would pass over is refused.
function decodeBase64(text: string): Uint8Array | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  if (digits % 4 === 1 || (padding > 0 && text.length % 4 !== 0) || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    return undefined;
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function passes(cursor: JsonCursor): boolean {
  cursor.skip();
  return true;
}

function isLast(cursor: JsonCursor): boolean {
  return cursor.nextKey() === undefined;
}

const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;
