import { mkdtemp, rmdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../core/files.ts';
import { showSize } from '../../core/units.ts';
import type { DoctorCheck } from '../check.ts';

// A package with its runtime takes 50 MB beside the model, and an image is put together beside it.
const leastBytes = 500e6;

export const disk: DoctorCheck = {
  name: 'disk',
  run: async ({ temporaryFolder }) => {
    try {
      await rmdir(await mkdtemp(join(temporaryFolder, 'mdeploy-doctor-')));
    } catch (error) {
      return {
        verdict: 'error',
        finding: `The temporary folder ${temporaryFolder} cannot be written: ${reasonOf(error)}.`,
        remedy: 'Set TMPDIR to a folder that this user may write to.',
      };
    }
    const { bavail, bsize } = await statfs(temporaryFolder);
    const finding = `${showSize(bavail * bsize)} free in ${temporaryFolder}`;
    if (bavail * bsize >= leastBytes) return { verdict: 'ok', finding, remedy: '' };
    const remedy = `Free some space, or set TMPDIR to a folder with ${showSize(leastBytes)} or more.`;
    return { verdict: 'warning', finding: `only ${finding}`, remedy };
  },
};
