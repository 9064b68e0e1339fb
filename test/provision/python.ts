// Makes Python virtual environments with given packages, kept between runs and made anew when the wish changes.
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from './apt.ts';
import { cacheFolder, cachePath } from './cache.ts';
import { CannotProvision, reasonOf } from './cannot-provision.ts';
import { hasCommand, runCommand } from './command.ts';
import { withLock } from './lock.ts';

export interface Venv {
  readonly folder: string;
  readonly python: string;
  readonly binFolder: string;
}

/** What pip alone cannot bring. */
export interface VenvExtras {
  /** What `finish` brings: the environment is made anew when it changes. */
  readonly wish: readonly string[];
  finish(venv: Venv): Promise<void>;
}

/** `requirements` are pip's own, such as `numpy==2.2.1`. */
export async function ensureVenv(
  name: string,
  requirements: readonly string[],
  extras?: VenvExtras,
): Promise<Venv> {
  if (!(await hasCommand('python3'))) await installPackages(['python3', 'python3-venv'], 'Python clients');
  const folder = cachePath('venvs', name);
  const venv: Venv = { folder, python: join(folder, 'bin', 'python'), binFolder: join(folder, 'bin') };
  return withLock(`venv-${name}`, async () => {
    const wish = await digestWish([...requirements, ...(extras?.wish ?? [])]);
    const stamp = join(folder, 'mdeploy-test.stamp');
    if ((await readFile(stamp, 'utf8').catch(() => '')) === wish) return venv;
    await rm(folder, { recursive: true, force: true });
    await cacheFolder('venvs');
    await create(folder);
    await install(venv, requirements);
    await extras?.finish(venv);
    // Written last: a half-made environment has no stamp and is made anew.
    await writeFile(stamp, wish);
    return venv;
  });
}

async function digestWish(requirements: readonly string[]): Promise<string> {
  const version = await runCommand('python3', ['-c', 'import sys; print(sys.version, sys.base_prefix)']);
  return createHash('sha256')
    .update(JSON.stringify([version, [...requirements].sort()]))
    .digest('hex');
}

async function create(folder: string): Promise<void> {
  const args = ['-m', 'venv', folder];
  try {
    await runCommand('python3', args);
  } catch {
    // Debian's python3 comes without the module's pip half.
    await installPackages(['python3-venv'], 'Python virtual environments');
    await runCommand('python3', args);
  }
}

async function install(venv: Venv, requirements: readonly string[]): Promise<void> {
  if (requirements.length === 0) return;
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements];
  try {
    await runCommand(venv.python, args, { timeoutMs: 1_200_000 });
  } catch (error) {
    throw new CannotProvision(`pip could not install ${requirements.join(', ')}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
