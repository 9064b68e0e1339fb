import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { failure, MdeployError } from '../core/errors/error.ts';
import { reasonOf, syncFolder } from '../core/files.ts';
import { type LockedFile, lockName, type PackageLock, printLock } from '../repository/lock.ts';
import { byPath, type PackagePlan, type PlannedFile } from './plan.ts';
import { openUserFile } from './plan-model.ts';

const fileMode = 0o644;
const folderMode = 0o755;

/**
 * Writes a whole package into `folder`, which must not exist: every file synced, the lock last. Modes and times are
 * fixed, so that the same plan gives the same bytes anywhere.
 * @throws MdeployError `FILE_UNWRITABLE`, `FILE_UNREADABLE`, `PACKAGE_INPUT_UNSAFE`; `folder` is then half-written
 */
export async function writePackage(plan: PackagePlan, folder: string): Promise<PackageLock> {
  const folders = ['', ...foldersOf(plan.files)];
  return writing(folder, async () => {
    for (const each of folders) await mkdir(join(folder, each));
    const files: LockedFile[] = [];
    for (const file of plan.files) files.push(await writePlanned(folder, file));
    const { files: _, ...identity } = plan;
    const lock: PackageLock = { schema_version: 1, ...identity, files: files.sort(byPath) };
    const partial = join(folder, `${lockName}.partial`);
    await writeOne(partial, [Buffer.from(printLock(lock))]);
    await rename(partial, join(folder, lockName));
    // Deepest first: writing into a folder changes its time.
    for (const each of folders.reverse()) await finishFolder(join(folder, each));
    return lock;
  });
}

async function writePlanned(folder: string, file: PlannedFile): Promise<LockedFile> {
  const { source, path, layer, platform } = file;
  const { sha256, bytes } =
    source.kind === 'text' || source.kind === 'bytes'
      ? await writeOne(join(folder, path), [source.kind === 'text' ? Buffer.from(source.text) : source.bytes])
      : await copyOne(source, join(folder, path));
  const mode = `0${fileMode.toString(8)}`;
  return { path, sha256, bytes, mode, layer, ...(platform !== undefined && { platform }) };
}

async function copyOne(source: Extract<PlannedFile['source'], { file: string }>, target: string) {
  const handle =
    source.kind === 'user' ? await openUserFile(source.root, source.file) : await openAsset(source.file);
  try {
    return await writeOne(target, handle.createReadStream({ autoClose: false, highWaterMark: 1 << 20 }));
  } finally {
    await handle.close();
  }
}

// The digest is of the bytes that were written, not of what the source may have become since.
async function writeOne(target: string, content: Readable | readonly Uint8Array[]) {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(target, 'wx', fileMode);
  try {
    for await (const chunk of content as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      bytes += chunk.length;
      await writeAll(handle, chunk);
    }
    // The umask may have taken bits off the mode of the open call.
    await handle.chmod(fileMode);
    await handle.utimes(0, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest('hex'), bytes };
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await handle.write(chunk, done, chunk.length - done)).bytesWritten;
  }
}

async function finishFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.chmod(folderMode);
    await handle.utimes(0, 0);
  } finally {
    await handle.close();
  }
  await syncFolder(folder);
}

async function openAsset(file: string): Promise<FileHandle> {
  return open(file, 'r').catch((error: unknown) => {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(error) }, { cause: error });
  });
}

/** Parents before children, sorted. */
export function foldersOf(files: readonly { readonly path: string }[]): string[] {
  const folders = new Set<string>();
  for (const { path } of files)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  return [...folders].sort();
}

async function writing<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MdeployError) throw error;
    throw failure('FILE_UNWRITABLE', { file: folder, reason: reasonOf(error) }, { cause: error });
  }
}
