// Brings Node binaries of given major versions from the npm registry.
import { join } from 'node:path';
import { installPackages } from './apt.ts';
import { cacheFolder, cachePath } from './cache.ts';
import { CannotProvision, reasonOf } from './cannot-provision.ts';
import { isExecutable, runCommand } from './command.ts';
import { withLock } from './lock.ts';

export type NodeMajor = 22 | 24 | 26;

/** The path of a `node` of that major version; fetched once, then kept in the cache. */
export async function ensureNode(major: NodeMajor): Promise<string> {
  const packageName = `node-${process.platform}-${process.arch}`;
  const folder = cachePath('nodes', String(major));
  const binary = join(folder, 'node_modules', packageName, 'bin', 'node');
  if (await isNodeOfMajor(binary, major)) return binary;
  return withLock(`node-${major}`, async () => {
    if (await isNodeOfMajor(binary, major)) return binary;
    if (!(await isExecutable(binary))) {
      await install(await cacheFolder('nodes', String(major)), `${packageName}@${major}`);
    }
    // The one library of newer versions that a small Debian lacks.
    if (!(await isNodeOfMajor(binary, major))) await installPackages(['libatomic1'], `running node ${major}`);
    if (await isNodeOfMajor(binary, major)) return binary;
    throw new CannotProvision(`node ${major} from npm does not run; remove ${folder} and try again.`);
  });
}

export async function isNodeOfMajor(binary: string, major: NodeMajor): Promise<boolean> {
  if (!(await isExecutable(binary))) return false;
  const version = await runCommand(binary, ['--version'], { timeoutMs: 20_000 }).catch(() => '');
  return version.startsWith(`v${major}.`);
}

async function install(folder: string, spec: string): Promise<void> {
  // Scripts stay off: the package is the binary itself and needs none.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--force'];
  try {
    await runCommand('npm', ['install', '--prefix', folder, ...quiet, spec], { cwd: folder });
  } catch (error) {
    throw new CannotProvision(`${spec} could not be had from the npm registry: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
