import { readLock } from '../../repository/lock.ts';
import { verifyLock } from '../../repository/verify-lock.ts';
import type { Check } from '../check.ts';

export const lock: Check = {
  name: 'lock',
  summary: 'every file of the package is what its lock promises',
  needs: [],
  skip: ({ place }) => (place.kind === 'package' ? undefined : 'not a package'),
  run: async ({ place }) => {
    if (place.kind !== 'package') return { findings: [] };
    const promised = await readLock(place.packageRoot);
    await verifyLock(place.packageRoot, promised);
    return { findings: [], detail: `${promised.files.length} files` };
  },
};
