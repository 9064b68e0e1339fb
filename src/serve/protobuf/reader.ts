import { isUtf8 } from 'node:buffer';
import { failure, type MdeployError } from '../../core/errors/error.ts';

/** What one request may make of its bytes: a field of two bytes becomes an object of a hundred. */
const maxMessages = 100_000;
const maxElements = 1_000_000;
const maxDepth = 32;

/**
 * Reads protobuf wire format from a buffer, copying nothing that is not asked for. Every length is checked against
 * the end of the message it lies in.
 * @throws MdeployError `BODY_MALFORMED`
 */
export class Reader {
  readonly bytes: Buffer;
  at = 0;
  end: number;
  /** Halves of the last varint. */
  low = 0;
  high = 0;
  readonly #view: DataView;
  #messages = 0;
  #elements = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
  }

  /** Reads a varint into `low` and `high`; returns `low` as a number without sign. */
  varint(): number {
    this.high = 0;
    let byte = this.#byte();
    if (byte < 0x80) {
      this.low = byte;
      return byte;
    }
    let low = byte & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.low = low;
        return low;
      }
    }
    byte = this.#byte();
    low |= (byte & 0x0f) << 28;
    let high = (byte & 0x7f) >> 4;
    for (let shift = 3; byte >= 0x80; shift += 7) {
      if (shift > 31) throw malformed('a number in it has more than ten bytes');
      byte = this.#byte();
      high |= (byte & 0x7f) << shift;
    }
    this.low = low;
    this.high = high;
    return low >>> 0;
  }

  bool(): boolean {
    this.varint();
    return (this.low | this.high) !== 0;
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  uint64(): bigint {
    this.varint();
    return (BigInt(this.high >>> 0) << 32n) | BigInt(this.low >>> 0);
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A view of the body, not a copy. */
  raw(): Buffer {
    const length = this.#length();
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  string(): string {
    const raw = this.raw();
    if (!isUtf8(raw)) throw malformed('a text in it is not UTF-8');
    return raw.toString('utf8');
  }

  /** Calls `each` with the tag of every field of the nested message that comes next. */
  nested(each: (tag: number) => void): void {
    if (++this.#messages > maxMessages) throw malformed(`it has more than ${maxMessages} nested messages`);
    if (++this.#depth > maxDepth) throw malformed(`it is nested deeper than ${maxDepth} messages`);
    const outer = this.end;
    const length = this.#length();
    if (length > this.end - this.at) this.#cut();
    this.end = this.at + length;
    this.fields(each);
    this.end = outer;
    this.#depth -= 1;
  }

  fields(each: (tag: number) => void): void {
    while (this.at < this.end) {
      const tag = this.varint();
      if (this.high !== 0 || tag < 8) throw malformed('it has a field without a number');
      each(tag);
    }
  }

  /** Counts elements that become an object each. */
  count(): void {
    if (++this.#elements > maxElements) throw malformed(`it has more than ${maxElements} elements`);
  }

  skip(tag: number): void {
    const wire = tag & 7;
    if (wire === 0) this.varint();
    else if (wire === 1) this.#take(8);
    else if (wire === 2) this.#take(this.#length());
    else if (wire === 5) this.#take(4);
    else throw malformed(`it has a field of the unknown wire type ${wire}`);
  }

  #length(): number {
    const length = this.varint();
    if (this.high !== 0) this.#cut();
    return length;
  }

  #take(count: number): number {
    const start = this.at;
    if (count > this.end - start) this.#cut();
    this.at = start + count;
    return start;
  }

  #byte(): number {
    return this.at < this.end ? this.bytes[this.at++]! : this.#cut();
  }

  #cut(): never {
    throw malformed('it ends in the middle of a field');
  }
}

export function malformed(reason: string): MdeployError {
  return failure('BODY_MALFORMED', { format: 'protobuf', reason });
}
