import { lazyTable } from '../core/table.ts';
import { formatOf as pictureFormat } from '../pipeline/picture.ts';
import type { Reader } from './reader.ts';

/** Every input format, under the name that `--format` takes. */
export const readers = lazyTable<Reader>({
  json: async () => (await import('./readers/json.ts')).json,
  npy: async () => (await import('./readers/npy.ts')).npy,
  npz: async () => (await import('./readers/npz.ts')).npz,
  csv: async () => (await import('./readers/csv.ts')).csv,
  image: async () => (await import('./readers/image.ts')).image,
});

/** The format of a file: by the ending of its name, else by its first bytes; text is JSON or CSV. */
export async function formatOf(file: string, bytes: Uint8Array): Promise<string | undefined> {
  const lower = file.toLowerCase();
  for (const name of readers.names) {
    const { endings } = await readers.load(name);
    if (endings.some((ending) => lower.endsWith(ending))) return name;
  }
  return byContent(bytes);
}

function byContent(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512)).toString('latin1');
  if (head.startsWith('\x93NUMPY')) return 'npy';
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06')) return 'npz';
  if (pictureFormat(bytes)) return 'image';
  if (/^(\xef\xbb\xbf)?\s*[[{"]/.test(head)) return 'json';
  return head !== '' && !/[^\P{Cc}\t\r\n\x80-\x9f]/u.test(head) ? 'csv' : undefined;
}
