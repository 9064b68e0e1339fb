import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { sha256File } from '../core/hash.ts';
import { type Layer, type LockedFile, layers, lockName, type PackageLock } from './lock.ts';
import { localeFolder } from './packaged-locales.ts';

export interface VerifyOptions {
  /** Only these layers are there to be checked (an image has no `build` files); default: all. */
  readonly layers?: readonly Layer[];
  /** Folders that are checked whatever the layer of their files. */
  readonly folders?: readonly string[];
  /** Only files of this platform and of all platforms are there (`linux/amd64`); default: all. */
  readonly platform?: string;
}

/**
 * Proves that a package is what its lock says: every file with its size and SHA-256, nothing more under `model/` and,
 * where they are checked, under `node_modules/` and `locale/`. Times and owners don't count.
 * @throws MdeployError `PACKAGE_FILE_MISSING`, `PACKAGE_FILE_CHANGED`, `PACKAGE_FILE_EXTRA`, `FILE_UNREADABLE`
 */
export async function verifyLock(
  root: string,
  lock: PackageLock,
  options: VerifyOptions = {},
): Promise<void> {
  const { layers: wanted = layers, folders = [] } = options;
  for (const file of lock.files) {
    if (!wanted.includes(file.layer) && !folders.some((folder) => file.path.startsWith(`${folder}/`)))
      continue;
    if (options.platform !== undefined && (file.platform ?? options.platform) !== options.platform) continue;
    await verifyFile(root, file);
  }
  const sealed = wanted.includes('runtime') ? ['model', 'node_modules', localeFolder] : ['model', ...folders];
  const extra = await extraFiles(root, lock, sealed);
  if (extra[0] !== undefined) throw failure('PACKAGE_FILE_EXTRA', { file: extra[0], package: root });
}

/** Files under `folders` of the package (default: all of it) that its lock does not list, sorted. */
export async function extraFiles(
  root: string,
  lock: PackageLock,
  folders: readonly string[] = [''],
): Promise<string[]> {
  const known = new Set([...lock.files.map((file) => file.path), lockName]);
  const found: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw failure(
          'FILE_UNREADABLE',
          { file: join(root, folder), reason: reasonOf(error) },
          { cause: error },
        );
      },
    );
    for (const entry of entries) {
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath, entry.name).slice(join(root, '/').length).replaceAll('\\', '/');
      if (!known.has(path)) found.push(path);
    }
  }
  return found.sort();
}

async function verifyFile(root: string, file: LockedFile): Promise<void> {
  const changed = (expected: string, received: string) =>
    failure(
      'PACKAGE_FILE_CHANGED',
      { file: file.path, package: root, expected, received },
      { at: { file: join(root, file.path) }, expected, received },
    );
  const found = await lstat(join(root, file.path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw failure('FILE_UNREADABLE', { file: file.path, reason: reasonOf(error) }, { cause: error });
  });
  if (!found) {
    throw failure(
      'PACKAGE_FILE_MISSING',
      { file: file.path, package: root },
      { at: { file: join(root, file.path) }, expected: `${file.bytes} bytes`, received: 'no file' },
    );
  }
  // A link could be swapped for another target after the check.
  if (!found.isFile())
    throw changed('a regular file', found.isSymbolicLink() ? 'a link' : 'a folder or device');
  if (found.size !== file.bytes) throw changed(`${file.bytes} bytes`, `${found.size} bytes`);
  const digest = await sha256File(join(root, file.path)).catch((error: unknown) => {
    throw failure('FILE_UNREADABLE', { file: file.path, reason: reasonOf(error) }, { cause: error });
  });
  if (digest !== file.sha256) throw changed(`sha256 ${file.sha256}`, `sha256 ${digest}`);
}
