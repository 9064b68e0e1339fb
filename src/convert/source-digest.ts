import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { sha256, sha256File } from '../core/hash.ts';

/** Digest and size of a model file; of a folder, the digest of the sorted list of its files' digests. */
export async function sourceDigest(path: string): Promise<{ sha256: string; bytes: number }> {
  const found = await stat(path);
  if (!found.isDirectory()) return { sha256: await sha256File(path), bytes: found.size };
  const files = (await filesOf(path)).sort();
  const lines: string[] = [];
  let bytes = 0;
  for (const file of files) {
    lines.push(`${await sha256File(file)}  ${relative(path, file).replaceAll('\\', '/')}\n`);
    bytes += (await stat(file)).size;
  }
  return { sha256: sha256(lines.join('')), bytes };
}

// Links are not followed: they would lead out of the model.
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesOf(path);
    return entry.isFile() ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}
