import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { pathFault } from '../repository/package-path.ts';
import type { PlannedFile } from './plan.ts';

/** Where the resolved manifest lies in every package. */
export const manifestPath = 'model/model.yaml';

/**
 * The `model` layer: the files the manifest names, and no other file of the folder.
 * @throws MdeployError `PACKAGE_FILE_NAME`, `PACKAGE_INPUT_UNSAFE`, `FILE_UNREADABLE`
 */
export async function planModel(model: Pick<OpenedModel, 'root' | 'files'>): Promise<PlannedFile[]> {
  const planned: PlannedFile[] = [];
  const seen = new Map<string, string>([['model.yaml', 'the manifest of the package']]);
  for (const file of model.files) {
    const twin = seen.get(file.toLowerCase());
    const fault =
      pathFault(file) ?? (twin === undefined ? undefined : `it is the same as ${twin} on some systems`);
    if (fault !== undefined) throw failure('PACKAGE_FILE_NAME', { file, reason: fault }, { received: file });
    seen.set(file.toLowerCase(), file);
    planned.push(await planUserFile(`model/${file}`, model.root, file, 'model'));
  }
  return planned;
}

/** @throws MdeployError `PACKAGE_INPUT_UNSAFE`, `FILE_UNREADABLE` */
export async function planUserFile(
  path: string,
  root: string,
  file: string,
  layer: PlannedFile['layer'],
): Promise<PlannedFile> {
  const handle = await openUserFile(root, file);
  try {
    return { path, layer, bytes: (await handle.stat()).size, source: { kind: 'user', root, file } };
  } finally {
    await handle.close();
  }
}

/**
 * Opens a file of the user's only if it is what it seems: regular, one name, no link on the way. A second name
 * (hard link) could be a file of someone else's, put there to be carried away.
 * @throws MdeployError `PACKAGE_INPUT_UNSAFE`, `FILE_UNREADABLE`
 */
export async function openUserFile(root: string, file: string): Promise<FileHandle> {
  const full = join(root, file);
  const unsafe = (reason: string) =>
    failure('PACKAGE_INPUT_UNSAFE', { file, reason }, { at: { file: full }, expected: 'a regular file' });
  try {
    if ((await lstat(full)).isSymbolicLink()) throw unsafe('it is a symbolic link');
    if ((await realpath(full)) !== join(await realpath(root), file))
      throw unsafe('a folder on the way to it is a symbolic link');
    // Without O_NONBLOCK the open of a pipe would wait for a writer for ever.
    const handle = await open(
      full,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    const { nlink, isFile } = await handle
      .stat()
      .then((stat) => ({ nlink: stat.nlink, isFile: stat.isFile() }));
    if (isFile && nlink === 1) return handle;
    await handle.close();
    throw unsafe(isFile ? `it has ${nlink} names (hard links)` : 'it is not a regular file');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'PACKAGE_INPUT_UNSAFE') throw error;
    throw failure(
      'FILE_UNREADABLE',
      { file: full, reason: reasonOf(error) },
      { at: { file: full }, cause: error },
    );
  }
}
