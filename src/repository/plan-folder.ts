import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { fitModelName } from '../core/names.ts';
import { manifestName, mlmodelName } from './locate-model.ts';
import { lockName } from './lock.ts';
import type { Plan, PlannedVersion } from './plan.ts';

/**
 * What a MODEL argument of `serve` holds: one model; `VERSION/` folders of one model; or folders of models, each of
 * which is one model or holds version folders. Nothing is opened.
 * @param name served name instead of the manifest's or folder's; only for one model
 * @throws MdeployError `USAGE` when a name is given for several models; `FILE_UNREADABLE`
 */
export async function planFolder(target: string, name?: string): Promise<Plan> {
  const given = name === undefined ? {} : { name };
  const alone: Plan = { versions: [{ path: target, ...given }], warnings: [] };
  const path = resolve(target);
  if (!(await isFolder(path))) return alone;
  const entries = await list(path);
  if (isModel(entries)) return alone;
  const versions = await versionFolders(path, entries);
  if (versions.length > 0) return { versions: inFolders(path, versions, name), warnings: [] };
  const models = await planModels(path, entries);
  if (models.versions.length === 0) return alone;
  if (name === undefined) return models;
  const problem = `--name names one model, and ${target} holds several.`;
  throw failure('USAGE', { problem, verb: 'serve' }, { field: '--name', received: name });
}

/**
 * What one place inside such a folder holds: as `planFolder`, but a version folder is that version alone.
 * @throws MdeployError as `planFolder`; `REQUEST_INVALID` when there are several models
 */
export async function planPlace(path: string, name?: string): Promise<Plan> {
  const folder = basename(path);
  const isOneVersion = isVersion(folder) && (await isFolder(path)) && isModel(await list(path));
  if (isOneVersion) return { versions: inFolders(dirname(path), [folder], name), warnings: [] };
  const { versions } = await planFolder(path);
  const models = new Set(versions.map((version) => version.folder?.model ?? version.path));
  if (models.size === 1) return planFolder(path, name);
  const problem = `There are ${models.size} models at this place.`;
  throw failure('REQUEST_INVALID', { problem, fix: 'Name the folder of one of them.' });
}

/** Version folders of a base path, oldest name first; those with other names are not looked at, as TF Serving does. */
export async function versionFolders(base: string, entries?: readonly Dirent[]): Promise<readonly string[]> {
  const names = (entries ?? (await list(base))).map((entry) => entry.name).filter((name) => isVersion(name));
  const folders = await Promise.all(names.map((name) => isFolder(join(base, name))));
  return names.filter((_, index) => folders[index]).sort();
}

/** The versions of one model by their folders. */
export function inFolders(base: string, folders: readonly string[], name?: string): PlannedVersion[] {
  const model = name ?? fitModelName(basename(base));
  return folders.map((folder) => ({
    path: join(base, folder),
    ...(name !== undefined && { name }),
    folder: { model, version: String(BigInt(folder)) },
  }));
}

async function planModels(root: string, entries: readonly Dirent[]): Promise<Plan> {
  const versions: PlannedVersion[] = [];
  const warnings: string[] = [];
  for (const { name } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(root, name);
    if (name.startsWith('.') || !(await isFolder(path))) continue;
    const inside = await list(path);
    const folders = isModel(inside) ? [] : await versionFolders(path, inside);
    // A manifest names its model; a model without one is named by its folder.
    if (isNamed(inside)) versions.push({ path });
    else if (isModel(inside)) versions.push({ path, folder: { model: fitModelName(name), version: '1' } });
    else if (folders.length > 0) versions.push(...inFolders(path, folders));
    else warnings.push(`${path} holds no model and is not served.`);
  }
  return { versions, warnings };
}

function isNamed(entries: readonly Dirent[]): boolean {
  return entries.some(({ name }) => name === lockName || name === manifestName);
}

function isModel(entries: readonly Dirent[]): boolean {
  return isNamed(entries) || entries.some(({ name }) => name.endsWith('.onnx') || name === mlmodelName);
}

/** An int64, as TF Serving's version folders are named. */
function isVersion(name: string): boolean {
  return /^\d{1,19}$/.test(name) && BigInt(name) < 2n ** 63n;
}

// A link counts as what it leads to: mounted volumes are full of them.
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    // Whoever opens it says what is wrong with it.
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return false;
    throw error;
  }
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw failure('FILE_UNREADABLE', { file: folder, reason: reasonOf(error) }, { cause: error });
  }
}
