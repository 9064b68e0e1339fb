/**
 * Gathers UTF-8 bytes of a JSON reply. Small replies are written into one scratch buffer and copied out, so that a
 * reply costs one exact allocation.
 */
export class JsonWriter {
  bytes: Buffer;
  at = 0;
  readonly #scratch: Buffer;

  constructor() {
    this.#scratch = idle ?? Buffer.allocUnsafeSlow(scratchSize);
    idle = undefined;
    this.bytes = this.#scratch;
  }

  /** Makes room for `length` more bytes. */
  reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + length));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  /** Writes text of ASCII characters as it is. */
  ascii(text: string): void {
    this.reserve(text.length);
    const { bytes } = this;
    let at = this.at;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.at = at;
  }

  /** Writes any text as it is, in UTF-8. */
  text(text: string): void {
    this.reserve(text.length * 3);
    this.at += this.bytes.write(text, this.at, 'utf8');
  }

  /** Writes a JSON string. */
  string(text: string): void {
    this.text(JSON.stringify(text));
  }

  /** Writes a key and its colon. */
  key(name: string): void {
    this.string(name);
    this.ascii(':');
  }

  byte(byte: number): void {
    this.reserve(1);
    this.bytes[this.at++] = byte;
  }

  /** What was written; the writer is used up. */
  take(): Uint8Array {
    idle = this.#scratch;
    const written = this.bytes.subarray(0, this.at);
    return this.bytes === this.#scratch ? Buffer.from(written) : written;
  }
}

const scratchSize = 65_536;

// Taken by the writer in use; a writer that is dropped half-way takes it along, and the next makes a new one.
let idle: Buffer | undefined;
