import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { type LockedFile, lockName, type PackageLock } from '../repository/lock.ts';
import { pathFault } from '../repository/package-path.ts';

type ContextFile = Pick<LockedFile, 'path' | 'mode'> & Partial<Pick<LockedFile, 'bytes' | 'sha256'>>;

/** The files the engine gets to see: those of the lock for this platform, the Dockerfile and the lock. Sorted by path. */
export function contextFiles(lock: PackageLock, platform: string): ContextFile[] {
  const files = new Map<string, ContextFile>();
  for (const path of ['Dockerfile', lockName]) files.set(path, { path, mode: '0644' });
  for (const file of lock.files) {
    if ((file.platform ?? platform) === platform) files.set(file.path, file);
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The build context as a tar stream: an explicit list, never a folder walk; no link is followed; times are 0 and
 * owners root. Every file is hashed on its way, so what the engine gets is what the lock says.
 * The stream fails with MdeployError `CONTEXT_FILE_UNSAFE` or `FILE_UNREADABLE`.
 */
export function packContext(root: string, lock: PackageLock, platform: string): Readable {
  const pack = tar.pack();
  const files = contextFiles(lock, platform);
  addAll(pack, root, files).catch((error: unknown) => pack.destroy(error as Error));
  return pack as unknown as Readable;
}

async function addAll(pack: tar.Pack, root: string, files: readonly ContextFile[]): Promise<void> {
  const home = await realpath(root);
  const folders = new Set<string>();
  for (const file of files) {
    const fault = pathFault(file.path);
    if (fault !== undefined) throw unsafe(root, file.path, fault);
    for (const folder of foldersOf(file.path)) {
      if (folders.has(folder)) continue;
      folders.add(folder);
      // An engine that has to make a folder itself gives it the time of the build, and the layer another digest.
      pack.entry({ ...header(`${folder}/`, 0o755), type: 'directory' });
    }
    await addFile(pack, home, root, file);
  }
  pack.finalize();
}

async function addFile(pack: tar.Pack, home: string, root: string, file: ContextFile): Promise<void> {
  const folder = dirname(join(home, file.path));
  const real = await realpath(folder).catch((error: unknown) => {
    throw failure('FILE_UNREADABLE', { file: folder, reason: reasonOf(error) }, { cause: error });
  });
  if (real !== folder) throw unsafe(root, file.path, 'a folder on its path is a link');
  await using handle = await openPlain(join(home, file.path), root, file.path);
  const found = await handle.stat();
  if (!found.isFile()) throw unsafe(root, file.path, 'it is not a regular file');
  if (found.size !== (file.bytes ?? found.size)) throw changed(root, file.path);
  const hash = createHash('sha256');
  const entry = pack.entry({ ...header(file.path, Number.parseInt(file.mode, 8)), size: found.size });
  // A file that shrinks or grows while it is read also fails here: the entry's size is fixed.
  await pipeline(
    handle.createReadStream({ autoClose: false }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    entry,
  ).catch((error: unknown) => {
    throw failure('FILE_UNREADABLE', { file: file.path, reason: reasonOf(error) }, { cause: error });
  });
  if (file.sha256 !== undefined && hash.digest('hex') !== file.sha256) throw changed(root, file.path);
}

async function openPlain(path: string, root: string, name: string): Promise<FileHandle> {
  try {
    // Non-blocking, so that a pipe planted in the package cannot hang the build.
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') throw unsafe(root, name, 'it is a link');
    throw failure('FILE_UNREADABLE', { file: path, reason: reasonOf(error) }, { cause: error });
  }
}

function header(name: string, mode: number) {
  return { name, mode, mtime: new Date(0), uid: 0, gid: 0, uname: 'root', gname: 'root' };
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function changed(root: string, file: string) {
  return unsafe(root, file, 'it is not the file that mdeploy.lock.json promises');
}

function unsafe(root: string, file: string, reason: string) {
  return failure('CONTEXT_FILE_UNSAFE', { file, package: root, reason }, { at: { file: join(root, file) } });
}
