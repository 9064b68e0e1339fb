import { failure, type MdeployError } from '../core/errors/error.ts';
import { limits } from './limits.ts';
import type { ByteSource } from './source.ts';

/**
 * Reads protobuf wire format field by field, copying nothing that is not asked for. Every read is checked against
 * the end of the message it belongs to; nesting, fields and kept bytes are counted against `limits`.
 * @throws MdeployError `MODEL_CORRUPT`, `MODEL_TRUNCATED`, `MODEL_TOO_COMPLEX`
 */
export class WireReader {
  /** Offset in the source. May be set back to the start of a value to read it again. */
  position = 0;
  /** Offset of the tag of the field that is being handled. */
  fieldStart = 0;
  readonly source: ByteSource;
  #topTags: ReadonlySet<number>;
  #window: Buffer;
  #windowStart = 0;
  #limit: number;
  #depth = 0;
  #tag = 0;
  #fields = 0;
  #kept = 0;
  /** Halves of the last varint read. */
  #low = 0;
  #high = 0;

  /** @param topTags tags whose overrun of the whole file means that the file was cut off, not that it is garbage */
  constructor(source: ByteSource, topTags: ReadonlySet<number>) {
    this.source = source;
    this.#topTags = topTags;
    this.#limit = source.size;
    this.#window = source.view(0, 0);
  }

  /** Calls `handle` with the tag of each field up to the end of the message; a value that it does not read is skipped. */
  fields(handle: (tag: number) => void): void {
    while (this.position < this.#limit) {
      this.#count();
      this.fieldStart = this.position;
      const tag = this.#readTag();
      this.#tag = tag;
      const start = this.position;
      handle(tag);
      if (this.position === start) this.skip(tag);
    }
  }

  /** Reads the value as a nested message. */
  message(handle: (tag: number) => void): void {
    const length = this.length();
    const outer = this.#limit;
    if (++this.#depth > limits.nesting) throw this.tooComplex('the nesting of its messages', limits.nesting);
    this.#limit = this.position + length;
    this.fields(handle);
    this.#limit = outer;
    this.#depth--;
  }

  /** Reads the value as an int64; inexact beyond 2^53. */
  integer(): number {
    this.#varint();
    return (this.#high | 0) * 0x1_0000_0000 + (this.#low >>> 0);
  }

  bigInteger(): bigint {
    this.#varint();
    return BigInt.asIntN(64, (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0));
  }

  /** Calls `each` at every element of a packed list of varints. */
  packed(each: () => void): void {
    const end = this.length() + this.position;
    const outer = this.#limit;
    this.#limit = end;
    while (this.position < end) {
      this.#count();
      each();
    }
    this.#limit = outer;
  }

  /** Reads the value as text for people; what is not UTF-8 is replaced. */
  text(limit: number = limits.textBytes): string {
    return this.#slice(limit).toString('utf8');
  }

  /** Reads the value as text that something depends on, so it must be UTF-8. */
  name(): string {
    const bytes = this.#slice(limits.nameBytes);
    const text = bytes.toString('utf8');
    if (text.includes('\ufffd') && !Buffer.from(text).equals(bytes))
      throw this.corrupt('a name in it is not UTF-8 text');
    return text;
  }

  /** Counts `bytes` of what is kept, with an allowance for the item itself. */
  keep(bytes: number): void {
    this.#kept += bytes + 64;
    if (this.#kept > limits.keptBytes)
      throw this.tooComplex('the size of its names and texts', limits.keptBytes);
  }

  corrupt(reason: string): MdeployError {
    const file = this.source.label;
    return failure('MODEL_CORRUPT', { file, reason }, { at: { file, path: `byte ${this.position}` } });
  }

  tooComplex(what: string, limit: number): MdeployError {
    const file = this.source.label;
    return failure(
      'MODEL_TOO_COMPLEX',
      { file, what, limit },
      { at: { file, path: `byte ${this.position}` } },
    );
  }

  #count(): void {
    if (++this.#fields > limits.fields) throw this.tooComplex('its number of fields', limits.fields);
  }

  #readTag(): number {
    this.#varint();
    const tag = this.#low >>> 0;
    if (this.#high !== 0 || tag < 8) throw this.corrupt('it holds a field without a number');
    return tag;
  }

  /** Passes over the value of a field, and over all that follow with the same one-byte tag if it is a number. */
  skip(tag: number): void {
    const type = tag & 7;
    if (type === 2) this.#advance(this.length());
    else if (type === 0) this.#varint();
    else if (type === 5) this.#advance(4);
    else if (type === 1) this.#advance(8);
    else throw this.corrupt(`it holds a field of the unknown wire type ${type}`);
    if (tag < 0x80 && type !== 2) this.#skipRun(tag, type);
  }

  // The lists of a tree ensemble are millions of equal scalar fields; one by one they would cost seconds.
  #skipRun(tag: number, type: number): void {
    const window = this.#window;
    const end = Math.min(this.#limit - this.#windowStart, window.length) - 10;
    const step = type === 5 ? 5 : 9;
    let at = this.position - this.#windowStart;
    if (type === 0) {
      while (at < end && window[at] === tag) {
        let next = at + 1;
        while (window[next]! > 0x7f && next < at + 10) next++;
        if (window[next]! > 0x7f) break;
        at = next + 1;
      }
    } else {
      while (at < end && window[at] === tag) at += step;
    }
    this.position = at + this.#windowStart;
  }

  #varint(): void {
    this.#need(1);
    let at = this.position - this.#windowStart;
    const first = this.#window[at]!;
    if (first < 0x80) {
      this.#low = first;
      this.#high = 0;
      this.position++;
      return;
    }
    this.#need(Math.min(10, this.#limit - this.position));
    at = this.position - this.#windowStart;
    const end = Math.min(at + 10, this.#limit - this.#windowStart);
    let low = 0;
    let high = 0;
    for (let shift = 0; at < end; shift += 7) {
      const byte = this.#window[at++]!;
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high = bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#low = low;
        this.#high = high;
        this.position = at + this.#windowStart;
        return;
      }
    }
    throw this.corrupt('it holds a number that does not end');
  }

  /** The length before a length-delimited value, proven to fit. */
  length(): number {
    this.#varint();
    const length = (this.#high >>> 0) * 0x1_0000_0000 + (this.#low >>> 0);
    if (length > this.#limit - this.position) throw this.#overrun(this.position + length);
    return length;
  }

  #overrun(end: number): MdeployError {
    const file = this.source.label;
    if (this.#depth === 0 && end <= limits.fileBytes && this.#topTags.has(this.#tag))
      return truncated(file, `at least ${end}`, this.source.size);
    return this.corrupt('a part of it claims to be longer than the whole');
  }

  #slice(limit: number): Buffer {
    const length = this.length();
    if (length > limit) throw this.tooComplex(`a text of ${length} bytes in it`, limit);
    this.#need(length);
    const at = this.position - this.#windowStart;
    this.position += length;
    return this.#window.subarray(at, at + length);
  }

  #advance(count: number): void {
    if (count > this.#limit - this.position) throw this.corrupt('a number in it is cut off');
    this.position += count;
  }

  /** Makes `count` bytes from the position on visible in the window. */
  #need(count: number): void {
    if (count > this.#limit - this.position) throw this.corrupt('a number in it is cut off');
    const at = this.position - this.#windowStart;
    if (at >= 0 && at + count <= this.#window.length) return;
    this.#windowStart = this.position;
    this.#window = this.source.view(this.position, count);
    if (this.#window.length < count)
      throw truncated(this.source.label, String(this.source.size), this.position + this.#window.length);
  }
}

function truncated(file: string, expected: string, received: number): MdeployError {
  const details = { at: { file }, expected: `${expected} bytes`, received: `${received} bytes` };
  return failure('MODEL_TRUNCATED', { file, expected, received }, details);
}
