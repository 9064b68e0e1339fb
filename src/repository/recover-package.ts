import { readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf, removeTree, syncFolder } from '../core/files.ts';
import { readLock } from './lock.ts';
import { verifyLock } from './verify-lock.ts';

/** Hidden names beside a target, for the time it is being made. */
export interface SwapNames {
  /** The new package, before it takes the place of the old one. */
  readonly fresh: string;
  /** The old package, for the moment the new one takes its place. */
  readonly aside: string;
  /** A package written only to be archived. */
  readonly staging: string;
  /** An archive, before it takes its name. */
  readonly part: string;
}

/** They carry the process id, so that what a dead process left can be told. */
export function swapNames(target: string, id: string): SwapNames {
  const prefix = join(dirname(target), `.${basename(target)}.${process.pid}.${id}`);
  return { fresh: `${prefix}.new`, aside: `${prefix}.old`, staging: `${prefix}.tmp`, part: `${prefix}.part` };
}

/** Swaps that this process has in progress; their folders are nobody's leftovers. */
export const liveSwaps = new Set<string>();

/**
 * Repairs what a killed `mdeploy package` left beside an output. A kill between the two renames leaves no output but
 * a whole new one and the old one beside it: the new one is put in place (else the old one). Other leftovers are removed.
 * @throws MdeployError `FILE_UNWRITABLE` when the folder cannot be changed
 */
export async function recoverPackage(target: string): Promise<void> {
  const folder = dirname(target);
  // A folder that is not there, or cannot be listed, holds nothing of ours; writing to it will say what is wrong.
  const names: string[] = await readdir(folder).catch(() => []);
  const left = names.filter((name) => isLeftover(name, basename(target))).map((name) => join(folder, name));
  if (left.length === 0) return;
  try {
    if (!names.includes(basename(target))) await restore(target, left);
    for (const path of left) await removeTree(path);
  } catch (error) {
    throw failure('FILE_UNWRITABLE', { file: folder, reason: reasonOf(error) }, { cause: error });
  }
}

async function restore(target: string, left: readonly string[]): Promise<void> {
  const fresh = left.filter((path) => path.endsWith('.new'));
  const aside = left.filter((path) => path.endsWith('.old'));
  for (const candidate of [...fresh, ...aside]) {
    if (candidate.endsWith('.new') && !(await isWhole(candidate))) continue;
    await rename(candidate, target);
    await syncFolder(dirname(target));
    return;
  }
}

async function isWhole(root: string): Promise<boolean> {
  try {
    await verifyLock(root, await readLock(root));
    return true;
  } catch {
    // Whatever is wrong with it, it is not whole.
    return false;
  }
}

function isLeftover(name: string, target: string): boolean {
  if (!name.startsWith(`.${target}.`)) return false;
  const [, pid, id] =
    /^\.(\d+)\.([0-9a-f]{8})\.(?:new|old|tmp|part)$/.exec(name.slice(target.length + 1)) ?? [];
  if (pid === undefined || id === undefined || liveSwaps.has(id)) return false;
  // In a container every run may have the same process id: a folder of mine that is not in `liveSwaps` is a dead run's.
  return Number(pid) === process.pid || !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
