import { existsSync } from 'node:fs';
import { imageNames } from '../../build-image/names.ts';
import { failure } from '../../core/errors/error.ts';
import { defaultRetries, push } from '../../push/push.ts';
import { openModel } from '../../repository/open-model.ts';
import type { CliCommand } from '../command.ts';

interface Flags {
  readonly to?: string;
  readonly tag?: readonly string[];
  readonly digestFile?: string;
  readonly retries?: string;
}

export const command: CliCommand = {
  summary: 'push an image to a registry and print its digest',
  configure: (program) => {
    program
      .argument('[image]', 'an image name, or the model or package it was built from', '.')
      .option('--to <repository>', "where to, instead of the image's own name: registry.example/team/iris")
      .option('-t, --tag <tag>', 'tag in the registry; repeat for more', collect)
      .option('--digest-file <file>', 'write the digest there')
      .option('--retries <n>', 'tries after the first one', String(defaultRetries))
      .addHelpText('after', examples);
  },
  run: async ([target = '.'], options, output) => {
    const flags = options as Flags;
    const retries = retriesOf(flags.retries);
    const image = await imageOf(target);
    const pushed = await output.step(`Pushing ${image}`, (update) =>
      push({
        image,
        to: flags.to,
        tags: flags.tag ?? [],
        digestFile: flags.digestFile,
        retries,
        onProgress: update,
        onRetry: (text) => output.note(text),
      }),
    );
    output.result({ ...pushed }, `Pushed ${pushed.names.join(', ')}\n${pushed.reference}`);
    return 0;
  },
};

// What is there as a file or folder is a model: no image name begins with a dot or a slash.
async function imageOf(target: string): Promise<string> {
  if (!/^[./~\\]/.test(target) && !existsSync(target)) return target;
  const { manifest } = await openModel(target);
  return imageNames(manifest, manifest.image.repository, [])[0]!;
}

function retriesOf(given: string | undefined): number {
  if (given === undefined) return defaultRetries;
  if (/^\d$|^10$/.test(given)) return Number(given);
  const problem = `--retries takes a whole number from 0 to 10, not "${given}".`;
  throw failure('USAGE', { problem, verb: 'push' }, { field: '--retries', received: given });
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

const examples = `
Examples:
  mdeploy push registry.example/team/iris:3
  mdeploy push iris:3 --to registry.example/team/iris --tag 3 --tag latest
  mdeploy push ./iris --digest-file iris.digest         the image that build-image made of ./iris

Credentials: MDEPLOY_REGISTRY_USERNAME and MDEPLOY_REGISTRY_PASSWORD, else those of \`docker login\`.`;
