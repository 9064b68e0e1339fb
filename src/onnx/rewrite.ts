import { bytesSource } from './source.ts';
import { WireReader } from './wire.ts';

/** What becomes of a field: it stays as it is, goes, or gets a new length-delimited value. */
export type Edit = 'keep' | 'drop' | readonly Uint8Array[];

/**
 * A message with some of its length-delimited fields changed. What stays is not copied: the chunks are views of `bytes`.
 * @param edit gets the tag and the value (without its length)
 */
export function rewrite(bytes: Uint8Array, edit: (tag: number, value: Uint8Array) => Edit): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const reader = newReader(bytes);
  let copied = 0;
  reader.fields((tag) => {
    const from = reader.fieldStart;
    const change = (tag & 7) === 2 ? edit(tag, valueAt(bytes, reader)) : edit(tag, nothing);
    if (change === 'keep') return;
    chunks.push(bytes.subarray(copied, from));
    if (change !== 'drop') chunks.push(...messageField(tag, change));
    reader.skip(tag);
    copied = reader.position;
  });
  chunks.push(bytes.subarray(copied));
  return chunks;
}

/** The texts of a repeated string field, in order. */
export function textsOf(message: Uint8Array, field: number): string[] {
  const texts: string[] = [];
  const reader = newReader(message);
  reader.fields((tag) => {
    if (tag === field) texts.push(reader.name());
  });
  return texts;
}

export function messageField(tag: number, value: readonly Uint8Array[]): Uint8Array[] {
  const length = value.reduce((sum, chunk) => sum + chunk.length, 0);
  return [Buffer.concat([varint(tag), varint(length)]), ...value];
}

export function textField(tag: number, text: string): Uint8Array {
  return Buffer.concat(messageField(tag, [Buffer.from(text)]));
}

/** @param value not negative */
export function integerField(tag: number, value: number): Uint8Array {
  return Buffer.concat([varint(tag), varint(value)]);
}

const nothing = new Uint8Array(0);
const noTags: ReadonlySet<number> = new Set();

function newReader(bytes: Uint8Array): WireReader {
  return new WireReader(bytesSource(bytes, 'the model'), noTags);
}

/** The value at the reader, which stays where it is. */
function valueAt(bytes: Uint8Array, reader: WireReader): Uint8Array {
  const start = reader.position;
  const length = reader.length();
  const value = bytes.subarray(reader.position, reader.position + length);
  reader.position = start;
  return value;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
