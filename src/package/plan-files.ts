import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlannedFile } from './plan.ts';

/** A file mdeploy was installed with, for the layer `runtime`. */
export async function plannedAsset(
  path: string,
  file: string,
  rest: { readonly platform?: string } = {},
): Promise<PlannedFile> {
  const { size } = await stat(file);
  return { path, layer: 'runtime', bytes: size, source: { kind: 'asset', file }, ...rest };
}

/** Paths of all files below a folder, relative to it, forward slashes. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length).replaceAll('\\', '/'));
}
