import { crc32, inflateRawSync } from 'node:zlib';
import { malformed } from './malformed.ts';

export interface ZipEntry {
  readonly name: string;
  /** Unpacks and checks the entry. @throws MdeployError `INPUT_FILE_MALFORMED` */
  content(): Uint8Array;
}

const maxEntries = 256;
const maxEntryBytes = 1024 ** 3;

/**
 * The entries of a zip file by its central directory (APPNOTE 4.3): stored and deflated ones. No zip64, no encryption,
 * at most 256 entries of at most 1 GiB each, so that a small file cannot fill the memory.
 */
export function readZip(bytes: Uint8Array, file: string): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end === undefined) throw malformed('NPZ', file, 'it is no zip file, or its end is cut off');
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count > maxEntries) throw malformed('NPZ', file, `it has ${count} entries, more than ${maxEntries}`);
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw malformed('NPZ', file, 'its table of contents is damaged');
    }
    const record = readRecord(view, at);
    if (at + 46 + record.nameLength > bytes.length)
      throw malformed('NPZ', file, 'its table of contents is damaged');
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + at + 46, record.nameLength).toString('utf8');
    entries.push({ name, content: () => unpack(bytes, view, record, `${file}:${name}`) });
    at += 46 + record.nameLength + record.extraLength;
  }
  return entries;
}

interface ZipRecord {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly nameLength: number;
  readonly extraLength: number;
  readonly offset: number;
}

function readRecord(view: DataView, at: number): ZipRecord {
  return {
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packed: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    nameLength: view.getUint16(at + 28, true),
    extraLength: view.getUint16(at + 30, true) + view.getUint16(at + 32, true),
    offset: view.getUint32(at + 42, true),
  };
}

// The record at the end may be followed by a comment of up to 65,535 bytes.
function findEnd(view: DataView): number | undefined {
  const lowest = Math.max(0, view.byteLength - 22 - 65_535);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) === 0x06054b50) return at;
  }
  return undefined;
}

function unpack(bytes: Uint8Array, view: DataView, record: ZipRecord, place: string): Uint8Array {
  const { offset, packed, size, method } = record;
  if (record.flags & 1) throw malformed('NPZ', place, 'it is encrypted');
  if (size > maxEntryBytes) throw malformed('NPZ', place, `it is larger than ${maxEntryBytes} bytes`);
  if (offset + 30 > bytes.length) throw malformed('NPZ', place, 'it lies outside the file');
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packed > bytes.length) throw malformed('NPZ', place, 'it is cut off');
  const content = inflate(bytes.subarray(start, start + packed), method, size, place);
  if (content.length !== size || crc32(content) !== record.crc)
    throw malformed('NPZ', place, 'its checksum is wrong');
  return content;
}

function inflate(packed: Uint8Array, method: number, size: number, place: string): Uint8Array {
  if (method === 0) return packed;
  if (method !== 8) throw malformed('NPZ', place, `its compression method ${method} is not supported`);
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw malformed('NPZ', place, 'it cannot be unpacked', { cause: error });
  }
}
