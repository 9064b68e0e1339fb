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
    // More than one round only when other runs put their package in between.
    while (!(await stepIn(fresh, target))) {
      await removeTree(aside);
      await stepAside(target, aside);
    }
  } catch (error) {
    // Should this fail too, the old one stays aside, where the next run finds it.
    await stepIn(aside, target).catch(() => undefined);
    throw failure('FILE_UNWRITABLE', { file: target, reason: reasonOf(error) }, { cause: error });
  }
  await removeTree(aside);
}

async function stepAside(target: string, aside: string): Promise<void> {
  await rename(target, aside).catch(ignoreMissing);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
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
