import { crc32, inflateRawSync } from 'node:zlib';
import { failure, type MdeployError } from '../core/errors/error.ts';
import type { ByteSource } from '../onnx/source.ts';

export interface ZipEntry {
  readonly name: string;
  readonly packed: number;
  readonly size: number;
  /** Where the entry's local header begins. */
  readonly offset: number;
  readonly method: number;
  readonly crc: number;
}

const maxEntries = 65_536;
/** What is unpacked here are pickles and JSON, not weights. */
const maxEntryBytes = 256 * 1024 ** 2;
/** No honest weights shrink to less than a thousandth. */
const maxRatio = 1000;

/**
 * The central directory of a zip archive (APPNOTE 4.3, with zip64), names and sizes only; undefined when the file is
 * no zip archive at all.
 * @throws MdeployError `CONVERT_DAMAGED` when it begins as one and cannot be one, or unpacks out of all proportion
 */
export function readZip(source: ByteSource): readonly ZipEntry[] | undefined {
  if (source.view(0, 4).subarray(0, 4).toString('latin1') !== 'PK\x03\x04') return undefined;
  const { count, at } = findDirectory(source);
  if (count > maxEntries) throw damaged(source, `its archive has ${count} entries, more than ${maxEntries}`);
  const entries: ZipEntry[] = [];
  let position = at;
  for (let index = 0; index < count; index++) {
    const { entry, next } = readEntry(source, position);
    entries.push(entry);
    position = next;
  }
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  const packed = entries.reduce((sum, entry) => sum + entry.packed, 0);
  if (size > maxRatio * Math.max(packed, 1024))
    throw damaged(source, `its archive unpacks ${packed} bytes to ${size}: a zip bomb`);
  return entries;
}

/** Unpacks one entry. @throws MdeployError `CONVERT_DAMAGED` */
export function unzip(source: ByteSource, entry: ZipEntry): Buffer {
  if (entry.size > maxEntryBytes || entry.packed > maxEntryBytes)
    throw damaged(source, `${entry.name} in it is larger than ${maxEntryBytes} bytes`);
  const header = view(source, entry.offset, 30);
  if (header.readUInt32LE(0) !== 0x04034b50)
    throw damaged(source, `${entry.name} in it is not where it should be`);
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = Buffer.from(view(source, start, entry.packed).subarray(0, entry.packed));
  const content = entry.method === 0 ? packed : inflate(source, entry, packed);
  if (content.length !== entry.size || crc32(content) !== entry.crc)
    throw damaged(source, `the checksum of ${entry.name} in it is wrong`);
  return content;
}

function inflate(source: ByteSource, entry: ZipEntry, packed: Buffer): Buffer {
  if (entry.method !== 8)
    throw damaged(source, `${entry.name} in it is packed with the unknown method ${entry.method}`);
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
  } catch {
    throw damaged(source, `${entry.name} in it cannot be unpacked`);
  }
}

// The record at the end may be followed by a comment of up to 65,535 bytes.
function findDirectory(source: ByteSource): { count: number; at: number } {
  const from = Math.max(0, source.size - 22 - 65_535);
  const tail = Buffer.from(source.view(from, source.size - from).subarray(0, source.size - from));
  const at = tail.lastIndexOf(Buffer.from('PK\x05\x06'));
  if (at < 0 || at + 22 > tail.length)
    throw damaged(source, 'its archive is cut off: the table of contents is missing');
  const count = tail.readUInt16LE(at + 10);
  const offset = tail.readUInt32LE(at + 16);
  if (count !== 0xffff && offset !== 0xffffffff) return { count, at: offset };
  const locator = tail.lastIndexOf(Buffer.from('PK\x06\x07'), at);
  if (locator < 0) return { count, at: offset };
  const record = view(source, Number(tail.readBigUInt64LE(locator + 8)), 56);
  return { count: Number(record.readBigUInt64LE(32)), at: Number(record.readBigUInt64LE(48)) };
}

function readEntry(source: ByteSource, at: number): { entry: ZipEntry; next: number } {
  const head = Buffer.from(view(source, at, 46).subarray(0, 46));
  if (head.readUInt32LE(0) !== 0x02014b50)
    throw damaged(source, "its archive's table of contents is damaged");
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((from) => head.readUInt16LE(from)) as [
    number,
    number,
    number,
  ];
  const rest = view(source, at + 46, nameLength + extraLength);
  const name = rest.subarray(0, nameLength).toString('utf8');
  const large = zip64(Buffer.from(rest.subarray(nameLength, nameLength + extraLength)), [
    head.readUInt32LE(24),
    head.readUInt32LE(20),
    head.readUInt32LE(42),
  ]);
  const [size, packed, offset] = large;
  if (offset + 30 > source.size || packed > source.size)
    throw damaged(source, `${name} in it lies beyond the end of the file: it is cut off`);
  const entry = { name, size, packed, offset, method: head.readUInt16LE(10), crc: head.readUInt32LE(16) };
  return { entry, next: at + 46 + nameLength + extraLength + commentLength };
}

// Fields of 0xffffffff are found, in this order, in the extra field 1 (APPNOTE 4.5.3).
function zip64(extra: Buffer, fields: readonly [number, number, number]): [number, number, number] {
  const found = [...fields] as [number, number, number];
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    for (const [index, field] of fields.entries()) {
      if (field !== 0xffffffff || from + 8 > extra.length) continue;
      found[index] = Number(extra.readBigUInt64LE(from));
      from += 8;
    }
  }
  return found;
}

function view(source: ByteSource, offset: number, length: number): Buffer {
  const bytes = offset >= 0 && offset + length <= source.size ? source.view(offset, length) : Buffer.alloc(0);
  if (bytes.length < length) throw damaged(source, 'its archive is cut off or damaged');
  return bytes;
}

function damaged(source: ByteSource, reason: string): MdeployError {
  return failure('CONVERT_DAMAGED', { file: source.label, reason }, { at: { file: source.label } });
}
