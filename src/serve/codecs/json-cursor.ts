import { isUtf8 } from 'node:buffer';
import { failure, type MdeployError } from '../../core/errors/error.ts';
import { readNumber } from './json-number.ts';

export interface JsonOptions {
  /** Take the bare tokens `NaN`, `Infinity` and `-Infinity` as numbers (RFC 8259 has none of them). */
  readonly nonFinite?: boolean;
  /** Deepest nesting of lists and objects. */
  readonly depth?: number;
}

/** What is wrong with the text itself; the cause of every `BODY_MALFORMED` of a cursor. */
export class JsonFault {
  readonly reason: string;
  /** Byte in the document. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    this.reason = reason;
    this.offset = offset;
  }
}

/**
 * Walks JSON text (RFC 8259, UTF-8) without building it. The caller pulls what it wants and skips the rest; every
 * byte passed over is checked. `at` stands on the first byte of a value after every `first…` and `next…`.
 * @throws (all methods) MdeployError `BODY_MALFORMED`, `JSON_TOO_DEEP`
 */
export class JsonCursor {
  readonly bytes: Buffer;
  readonly end: number;
  readonly nonFinite: boolean;
  readonly maxDepth: number;
  at = 0;
  depth = 0;

  constructor(bytes: Uint8Array, options: JsonOptions = {}) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
    this.nonFinite = options.nonFinite ?? false;
    this.maxDepth = options.depth ?? 64;
    // Editors on Windows put a byte order mark first; RFC 8259 §8.1 lets a parser pass over it.
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.at = 3;
    if (this.peek() < 0) throw this.malformed('The document is empty', this.end);
  }

  /** The next byte that is not white space, -1 at the end; stands on it. */
  peek(): number {
    const { bytes, end } = this;
    let at = this.at;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte > 32 || (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9)) {
        this.at = at;
        return byte;
      }
    }
    this.at = at;
    return -1;
  }

  /** Enters the list the cursor stands on; false when it is empty (and left again). */
  firstItem(): boolean {
    this.#enter();
    if (this.peek() !== CLOSE_LIST) return true;
    this.#leave();
    return false;
  }

  /** Passes the comma after an item; false at the end of the list, which is left. */
  nextItem(): boolean {
    const byte = this.at < this.end ? this.bytes[this.at]! : -1;
    const sign = byte > 32 ? byte : this.peek();
    if (sign === COMMA) {
      this.at++;
      this.peek();
      return true;
    }
    if (sign !== CLOSE_LIST) throw this.malformed('Missing a comma or ] after an array element');
    this.#leave();
    return false;
  }

  /** Enters the object the cursor stands on and reads its first key; undefined when it is empty (and left again). */
  firstKey(): string | undefined {
    this.#enter();
    if (this.peek() === CLOSE_OBJECT) {
      this.#leave();
      return undefined;
    }
    return this.#key();
  }

  /** Reads the next key; undefined at the end of the object, which is left. */
  nextKey(): string | undefined {
    const sign = this.peek();
    if (sign === CLOSE_OBJECT) {
      this.#leave();
      return undefined;
    }
    if (sign !== COMMA) throw this.malformed('Missing a comma or } after an object member');
    this.at++;
    this.peek();
    return this.#key();
  }

  /** Reads the string the cursor stands on, escapes resolved, its UTF-8 proven. */
  string(): string {
    const { bytes, end } = this;
    const start = this.at + 1;
    let at = start;
    let escaped = false;
    let bits = 0;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        escaped = true;
        at++;
      } else if (byte < 32) {
        throw this.malformed('Invalid encoding in string', at);
      }
      bits |= byte;
    }
    if (at >= end) throw this.malformed('Missing a closing quotation mark in string', end);
    this.at = at + 1;
    if (bits < 128 && !escaped) return bytes.toString('latin1', start, at);
    if (!isUtf8(bytes.subarray(start, at))) throw this.malformed('Invalid encoding in string', start);
    const text = bytes.toString('utf8', start, at);
    return escaped ? this.#unescape(text, start) : text;
  }

  /** Passes over the value the cursor stands on; its bytes are `bytes[from, to)`. */
  skip(): { readonly from: number; readonly to: number } {
    const from = this.at;
    const sign = this.peek();
    if (sign === QUOTE) this.string();
    else if (sign === OPEN_LIST) {
      for (let more = this.firstItem(); more; more = this.nextItem()) this.skip();
    } else if (sign === OPEN_OBJECT) {
      for (let key = this.firstKey(); key !== undefined; key = this.nextKey()) this.skip();
    } else if (!this.word('true') && !this.word('false') && !this.word('null')) {
      readNumber(this, false);
      if (this.at === from) throw this.malformed('Invalid value');
    }
    return { from, to: this.at };
  }

  /** Passes over the word if the cursor stands on it. */
  word(word: string): boolean {
    const { bytes, at } = this;
    for (let index = 0; index < word.length; index++) {
      if (bytes[at + index] !== word.charCodeAt(index)) return false;
    }
    this.at = at + word.length;
    return true;
  }

  /** Refuses anything but white space after the document. */
  finish(): void {
    if (this.peek() >= 0) throw this.malformed('The document root must not be followed by other values');
  }

  malformed(reason: string, offset = this.at): MdeployError {
    const place = this.end === 0 ? '' : offset >= this.end ? ' at its end' : ` at byte ${offset}`;
    const sentence = `${reason.charAt(0).toLowerCase()}${reason.slice(1)}${place}`;
    const cause = new JsonFault(reason, offset);
    return failure('BODY_MALFORMED', { format: 'JSON', reason: sentence }, { cause });
  }

  #enter(): void {
    if (++this.depth > this.maxDepth) throw failure('JSON_TOO_DEEP', { limit: this.maxDepth });
    this.at++;
  }

  #leave(): void {
    this.depth--;
    this.at++;
  }

  #key(): string {
    if (this.bytes[this.at] !== QUOTE) throw this.malformed('Missing a name for object member');
    const key = this.string();
    if (this.peek() !== COLON) throw this.malformed('Missing a colon after a name of object member');
    this.at++;
    this.peek();
    return key;
  }

  // One string, not the document: JSON.parse knows every escape.
  #unescape(text: string, offset: number): string {
    let plain: string;
    try {
      plain = JSON.parse(`"${text}"`) as string;
    } catch {
      throw this.malformed('Invalid escape character in string', offset);
    }
    // A lone surrogate has no UTF-8 form; the model would see another text than the client sent.
    if (!plain.isWellFormed()) throw this.malformed('The surrogate pair in string is invalid', offset);
    return plain;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
