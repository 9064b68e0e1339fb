import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { failure } from './errors/error.ts';
import { reasonOf, removeTree, syncFolder, temporaryName } from './files.ts';
import { onInterrupt } from './interrupt.ts';

export interface OutputFolder {
  /** Where to write; becomes the target when it is whole. */
  readonly work: string;
  /** Puts what was written in place of the target. @throws MdeployError `FILE_UNWRITABLE` */
  commit(): Promise<void>;
  /** Removes what was not committed. */
  discard(): Promise<void>;
}

/**
 * A folder that appears whole or not at all: it is written beside the target and moved there.
 * @throws MdeployError `OUTPUT_EXISTS` unless `force`, `FILE_UNWRITABLE`
 */
export async function openOutput(target: string, force: boolean): Promise<OutputFolder> {
  const folder = resolve(target);
  if (existsSync(folder) && !force && !isEmptyFolder(folder))
    throw failure('OUTPUT_EXISTS', { folder: target }, { at: { file: target } });
  const temporary = temporaryName(folder);
  const forget = onInterrupt(() => removeTree(temporary));
  const work = resolve(temporary, 'model');
  await writing(target, () => mkdir(work, { recursive: true }));
  return {
    work,
    commit: () =>
      writing(target, async () => {
        const old = `${temporary}.old`;
        if (existsSync(folder)) await rename(folder, old);
        await rename(work, folder);
        await removeTree(old);
        await syncFolder(dirname(folder));
      }),
    discard: async () => {
      forget();
      await removeTree(temporary);
    },
  };
}

function isEmptyFolder(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

async function writing(target: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw failure(
      'FILE_UNWRITABLE',
      { file: target, reason: reasonOf(cause) },
      { at: { file: target }, cause },
    );
  }
}
