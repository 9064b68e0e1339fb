import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { lockName, readLock } from '../repository/lock.ts';
import { extraFiles, verifyLock } from '../repository/verify-lock.ts';
import type { PlannedFile } from './plan.ts';

/**
 * Refuses an output that would destroy something. Replaced without asking: nothing, an empty folder, and a package
 * that is still what its lock says. Never, not even with `force`: a folder that holds the model, this folder or home.
 * @throws MdeployError `PACKAGE_TARGET_UNSAFE`, `PACKAGE_TARGET_OCCUPIED`
 */
export async function checkOutput(target: string, modelRoot: string, force: boolean): Promise<void> {
  for (const [folder, what] of [
    [modelRoot, 'the model'],
    [process.cwd(), 'the folder you are in'],
    [homedir(), 'your home folder'],
  ] as const) {
    if (holds(await real(target), await real(folder)))
      throw failure('PACKAGE_TARGET_UNSAFE', { folder: target, reason: `it holds ${what}` });
  }
  if (force) return;
  const reason = await whatWouldBeLost(target);
  if (reason !== undefined) throw failure('PACKAGE_TARGET_OCCUPIED', { folder: target, reason });
}

/**
 * The same for a .tgz file. Replaced without asking: nothing, and an archive that `mdeploy package` wrote. Never, not
 * even with `force`: a file that goes into the package, or one in the folder that is written beside it.
 * @throws MdeployError `PACKAGE_TARGET_UNSAFE`, `PACKAGE_TARGET_OCCUPIED`
 */
export async function checkArchive(
  target: string,
  { output, files, manifest, force }: ArchiveNeighbours,
): Promise<void> {
  const unsafe = (reason: string) => failure('PACKAGE_TARGET_UNSAFE', { folder: target, reason });
  const place = await real(target);
  if (output !== undefined && holds(await real(output), place))
    throw unsafe('it lies in the package folder, which is replaced as a whole');
  const sources = files.flatMap(({ source }) =>
    source.kind === 'user' ? [resolve(source.root, source.file)] : [],
  );
  for (const file of manifest === undefined ? sources : [...sources, manifest])
    if ((await real(file)) === place) throw unsafe('the package is made from it');
  if (force) return;
  const reason = await whatArchiveWouldBeLost(target);
  if (reason !== undefined) throw failure('PACKAGE_TARGET_OCCUPIED', { folder: target, reason });
}

export interface ArchiveNeighbours {
  /** The package folder that is written, too. */
  readonly output: string | undefined;
  readonly files: readonly PlannedFile[];
  /** The manifest the package is made from, where there is one. */
  readonly manifest: string | undefined;
  readonly force: boolean;
}

async function whatArchiveWouldBeLost(target: string): Promise<string | undefined> {
  try {
    if (!(await lstat(target)).isFile()) return 'it is not a file';
    return (await isOwnArchive(target)) ? undefined : 'it is not an archive made by mdeploy';
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    return reasonOf(error);
  }
}

// The first header of ours is the top folder, with no owner and no time; tar and others write both.
async function isOwnArchive(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  const head = Buffer.alloc(4096);
  const { bytesRead } = await handle.read(head, 0, head.length, 0).finally(() => handle.close());
  let header: string;
  try {
    const unpacked = gunzipSync(head.subarray(0, bytesRead), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: 2 ** 24,
    });
    header = unpacked.toString('latin1', 0, 512);
  } catch {
    return false;
  }
  const field = (start: number, length: number) => header.slice(start, start + length).replace(/\0.*/s, '');
  const [name, type, time, owner] = [field(0, 100), field(156, 1), field(136, 12), field(265, 32)];
  return name.endsWith('.mdeploy/') && type === '5' && /^0+ ?$/.test(time) && owner === '';
}

async function whatWouldBeLost(target: string): Promise<string | undefined> {
  try {
    if (!(await lstat(target)).isDirectory()) return 'it is not a folder';
    const names = await readdir(target);
    if (names.length === 0) return undefined;
    if (!names.includes(lockName)) return 'it is not a package made by mdeploy';
    const lock = await readLock(target);
    await verifyLock(target, lock);
    const [extra] = await extraFiles(target, lock);
    return extra === undefined ? undefined : `${extra} in it was added by hand`;
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    return `it was changed by hand: ${reasonOf(error).replace(/\.$/, '')}`;
  }
}

const absent = new Set(['ENOENT', 'ENOTDIR']);

function holds(outer: string, inner: string): boolean {
  const way = relative(outer, inner);
  return way === '' || !(way.startsWith('..') || resolve(way) === way);
}

// The nearest folder above that exists decides where a new one would really lie.
async function real(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return dirname(path) === path ? path : join(await real(dirname(path)), relative(dirname(path), path));
  }
}
