// Builds programs written in Go from their public sources, kept between runs.
import { join } from 'node:path';
import { installPackages } from './apt.ts';
import { cacheFolder } from './cache.ts';
import { CannotProvision, reasonOf } from './cannot-provision.ts';
import { hasCommand, isExecutable, runCommand } from './command.ts';
import { withLock } from './lock.ts';

/** Where the archive of go.dev is unpacked, beside the PATH of most shells. */
const unpacked = '/usr/local/go/bin/go';

export interface GoTool {
  /** Import path of its main package; the last part is the name of the program. */
  readonly module: string;
  /** `v2.2.1` */
  readonly version: string;
}

export const h2spec: GoTool = {
  module: 'github.com/summerwind/h2spec/cmd/h2spec',
  version: 'v2.2.1+incompatible',
};

/** @returns the path of the program. @throws CannotProvision */
export async function ensureGoTool({ module, version }: GoTool): Promise<string> {
  const name = module.split('/').at(-1)!;
  const folder = await cacheFolder('go', `${name}-${version}`);
  const program = join(folder, name);
  return withLock(`go-${name}`, async () => {
    if (await isExecutable(program)) return program;
    const go = await ensureGo(name);
    try {
      // One compiler at a time: a build beside tests must not take the whole machine.
      const env = { GOBIN: folder, GOFLAGS: '-p=1' };
      await runCommand(go, ['install', `${module}@${version}`], { env });
    } catch (error) {
      throw new CannotProvision(`go could not build ${module}@${version}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
    return program;
  });
}

async function ensureGo(tool: string): Promise<string> {
  if (await isExecutable(unpacked)) return unpacked;
  if (!(await hasCommand('go'))) await installPackages(['golang-go'], `building ${tool}`);
  return 'go';
}
