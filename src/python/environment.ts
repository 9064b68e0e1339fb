import { mkdir, readFile, rename, statfs, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf, removeTree } from '../core/files.ts';
import { sha256 } from '../core/hash.ts';
import { onInterrupt } from '../core/interrupt.ts';
import { showSize } from '../core/units.ts';
import { folderBytes } from './folder-bytes.ts';
import { install } from './install.ts';
import type { EnvironmentLock } from './lock.ts';
import type { EnvironmentOptions } from './options.ts';
import { findPython } from './python.ts';

export interface Environment {
  /** Absolute path of its interpreter. */
  readonly python: string;
  readonly pythonVersion: string;
  readonly bytes: number;
  /** How long it took to make, now or when it was made. */
  readonly seconds: number;
  readonly isNew: boolean;
}

interface Stamp {
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * The Python environment of a lock: from the cache, or made new under a temporary name and moved into place whole.
 * @throws MdeployError `PYTHON_MISSING`, `PYTHON_ENVIRONMENT`
 */
export async function ensureEnvironment(
  lock: EnvironmentLock,
  options: EnvironmentOptions,
): Promise<Environment> {
  const { executable, version } = await findPython(lock.python, options.python);
  const key = sha256([lock.text, executable, version, process.platform, process.arch].join('\n')).slice(
    0,
    16,
  );
  const folder = join(cacheRoot(), `${lock.name}-${key}`);
  const python = pythonOf(folder);
  const stamp = await readStamp(folder);
  if (stamp) return { python, pythonVersion: version, ...stamp, isNew: false };
  const begun = performance.now();
  await announce(lock, options);
  const temporary = `${folder}.${process.pid}.tmp`;
  const forget = onInterrupt(() => removeTree(temporary));
  try {
    await removeTree(temporary);
    await install(lock, { folder: temporary, python: executable, ...options });
    const bytes = await folderBytes(temporary);
    const seconds = Math.round((performance.now() - begun) / 100) / 10;
    await writeFile(join(temporary, stampName), JSON.stringify({ bytes, seconds }));
    await moveInto(temporary, folder);
    return { python, pythonVersion: version, bytes, seconds, isNew: true };
  } finally {
    forget();
    await removeTree(temporary);
  }
}

/** Where environments are kept between conversions; removing it only costs time. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env.MDEPLOY_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mdeploy');
  return join(cache, 'convert');
}

export function pythonOf(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

/** Written last: an environment without it is not whole. */
const stampName = 'mdeploy-environment.json';

async function readStamp(folder: string): Promise<Stamp | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, stampName), 'utf8')) as Stamp;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failure('PYTHON_ENVIRONMENT', { name: folder, reason: reasonOf(error) }, { cause: error });
  }
}

async function announce(lock: EnvironmentLock, { note, wheels }: EnvironmentOptions): Promise<void> {
  const root = cacheRoot();
  const disk = showSize(lock.diskBytes);
  const from = wheels === undefined ? `${showSize(lock.downloadBytes)} to download` : `from ${wheels}`;
  note(
    `Making the Python environment "${lock.name}": ${lock.packages.size} packages, ${from}, ${disk} on disk, once.`,
  );
  try {
    await mkdir(root, { recursive: true });
    const { bavail, bsize } = await statfs(root);
    if (bavail * bsize >= lock.diskBytes * 1.2) return;
    const reason = `${root} has ${showSize(bavail * bsize)} of free space where ${disk} are needed`;
    throw failure('PYTHON_ENVIRONMENT', { name: lock.name, reason });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'PYTHON_ENVIRONMENT') throw cause;
    throw failure(
      'PYTHON_ENVIRONMENT',
      { name: lock.name, reason: `${root}: ${reasonOf(cause)}` },
      { cause },
    );
  }
}

// Another conversion may have made the same one meanwhile: then theirs is as good.
async function moveInto(temporary: string, folder: string): Promise<void> {
  if (await readStamp(folder)) return;
  await removeTree(folder);
  try {
    await rename(temporary, folder);
  } catch (error) {
    if (!(await readStamp(folder))) throw error;
  }
}
