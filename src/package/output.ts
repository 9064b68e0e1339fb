import { lstat, readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { lockName, readLock } from '../repository/lock.ts';
import { extraFiles, verifyLock } from '../repository/verify-lock.ts';

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
