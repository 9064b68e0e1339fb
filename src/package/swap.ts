import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf, removeTree, syncFolder } from '../core/files.ts';

/**
 * Puts a finished folder in the place of an output: the old one steps aside, the new one steps in, the old one is
 * deleted. Node cannot exchange two folders in one step, so for the moment between two renames there is no output;
 * a kill in that moment leaves both beside it, and `recoverPackage` finishes the job on the next run.
 * @throws MdeployError `FILE_UNWRITABLE`; the old output is then where it was
 */
export async function swapIn(fresh: string, target: string, aside: string): Promise<void> {
  try {
    if (await stepIn(fresh, target)) return;
    await rename(target, aside);
    try {
      await rename(fresh, target);
    } catch (error) {
      await rename(aside, target);
      throw error;
    }
    await syncFolder(dirname(target));
  } catch (error) {
    throw failure('FILE_UNWRITABLE', { file: target, reason: reasonOf(error) }, { cause: error });
  }
  await removeTree(aside);
}

// A rename replaces nothing and an empty folder; what it says of a full one differs between systems.
async function stepIn(fresh: string, target: string): Promise<boolean> {
  try {
    await rename(fresh, target);
    await syncFolder(dirname(target));
    return true;
  } catch (error) {
    if (!occupied.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

const occupied = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EPERM', 'EACCES']);
