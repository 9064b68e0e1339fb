/** Writes protobuf wire format into one buffer whose size was found out before; lengths of nested parts come from `sizes`. */
export class Writer {
  readonly bytes: Buffer;
  at = 0;
  readonly #view: DataView;
  readonly #sizes: readonly number[];
  #nextSize = 0;

  /** @param sizes of nested parts, in the order in which they are written */
  constructor(size: number, sizes: readonly number[]) {
    this.bytes = Buffer.allocUnsafe(size);
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, size);
    this.#sizes = sizes;
  }

  /** The length of the nested part that begins here. */
  length(): number {
    const size = this.#sizes[this.#nextSize++]!;
    this.varint(size);
    return size;
  }

  varint(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }

  /** A varint of 64 bits, given as its halves. */
  wide(low: number, high: number): void {
    let [rest, above] = [low >>> 0, high >>> 0];
    while (above > 0 || rest > 0x7f) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest = ((rest >>> 7) | (above << 25)) >>> 0;
      above >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }

  float(value: number): void {
    this.#view.setFloat32(this.at, value, true);
    this.at += 4;
  }

  double(value: number): void {
    this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  raw(value: Uint8Array): void {
    this.bytes.set(value, this.at);
    this.at += value.byteLength;
  }

  string(value: string, size: number): void {
    this.at += this.bytes.write(value, this.at, size, 'utf8');
  }
}

/** Bytes of a varint of up to 32 bits. */
export function varintSize(value: number): number {
  const bits = 32 - Math.clz32(value);
  return bits === 0 ? 1 : Math.ceil(bits / 7);
}

/** Bytes of a varint of 64 bits, given as its halves. */
export function wideSize(low: number, high: number): number {
  if (high === 0) return varintSize(low);
  return Math.ceil((64 - Math.clz32(high)) / 7);
}
