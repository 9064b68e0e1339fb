import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuiltImage } from '../../build-image/build-image.ts';
import { buildImage } from '../../build-image/build-image.ts';
import { imageDocument, imageText } from '../../build-image/text.ts';
import { failure } from '../../core/errors/error.ts';
import { removeTree } from '../../core/files.ts';
import { onInterrupt } from '../../core/interrupt.ts';
import { parseImageReference } from '../../core/names.ts';
import { packageModel } from '../../package/package.ts';
import { proveModel } from '../../repository/load-version.ts';
import { locateModel } from '../../repository/locate-model.ts';
import { openModel } from '../../repository/open-model.ts';
import type { OpenedModel } from '../../repository/opened-model.ts';
import { replaySamples } from '../../serve/replay.ts';
import type { CliCommand } from '../command.ts';
import type { Output } from '../output.ts';

interface Flags {
  readonly tag?: readonly string[];
  readonly base?: string;
  readonly platform?: string;
  readonly template?: string;
  readonly pull?: boolean;
  /** commander's form of `--no-cache`. */
  readonly cache?: boolean;
  readonly smoke?: boolean;
}

export const command: CliCommand = {
  summary: 'build a small hardened container image',
  configure: (program) => {
    program
      .argument('[model]', 'a package, a folder with model.yaml, or an .onnx file', '.')
      .option(
        '-t, --tag <name>',
        'name of the image, or a tag alone; repeat for more (default: REPOSITORY:VERSION)',
        collect,
      )
      .option('--base <image>', 'base image instead of image.base')
      .option('--platform <platform>', "such as linux/arm64 (default: the engine's)")
      .option('--template <dir>', 'files that replace or join the default Dockerfile')
      .option('--pull', 'ask the registry for a newer base image')
      .option('--no-cache', 'build every step anew')
      .option('--smoke', 'run the image locked down, replay the samples, name it only if they agree')
      .addHelpText('after', examples);
  },
  run: async ([target = '.'], options, output) => {
    const flags = options as Flags;
    const opened = await openModel(target);
    for (const warning of opened.warnings) output.warn(warning);
    if (flags.smoke && opened.manifest.samples.length === 0)
      output.warn('There are no samples in model.yaml: --smoke only waits until the server is ready.');
    const built = await withPackage(target, opened, flags, (root) => build(root, opened, flags, output));
    for (const warning of built.warnings) output.warn(warning);
    output.result(imageDocument(built, opened.manifest.image.max_size_bytes), imageText(built));
    return built.smoke?.ok === false ? 1 : 0;
  },
};

async function build(root: string, opened: OpenedModel, flags: Flags, output: Output): Promise<BuiltImage> {
  const { description, image } = opened.manifest;
  // Below a spinner the log would be torn apart, so it waits for its end.
  let log = '';
  try {
    return await output.step('Building the image', (update) =>
      buildImage({
        root,
        description,
        labels: image.labels,
        repository: image.repository,
        maxBytes: image.max_size_bytes,
        tags: flags.tag ?? [],
        platform: flags.platform,
        pull: flags.pull ?? false,
        noCache: flags.cache === false,
        replay: flags.smoke ? (url) => replaySamples(url, opened) : undefined,
        onProgress: (text) => {
          update(text);
          if (output.verbose) output.note(text);
        },
        onLog: (text) => {
          log = text;
        },
      }),
    );
  } finally {
    if (log !== '') output.note(`Log of the container:\n${log}`);
  }
}

/** A package is used as it is; anything else is packaged into a folder that lives as long as the build. */
async function withPackage<T>(
  target: string,
  opened: OpenedModel,
  flags: Flags,
  work: (root: string) => Promise<T>,
): Promise<T> {
  const place = await locateModel(target);
  if (place.kind === 'package') {
    for (const flag of ['base', 'template'] as const) if (flags[flag] !== undefined) throw fixed(flag);
    return work(place.packageRoot);
  }
  const model = flags.base === undefined ? opened : withBase(opened, flags.base);
  const folder = await mkdtemp(join(tmpdir(), 'mdeploy-image-'));
  const release = onInterrupt(() => removeTree(folder));
  try {
    const root = join(folder, 'package');
    // The server inside the image does not prove the model again.
    await proveModel(model);
    await packageModel(model, {
      output: root,
      ...(flags.platform !== undefined && { platforms: [flags.platform] }),
      ...(flags.template !== undefined && { template: flags.template }),
    });
    return await work(root);
  } finally {
    await removeTree(folder);
    release();
  }
}

function withBase(opened: OpenedModel, base: string): OpenedModel {
  if (!parseImageReference(base)) throw usage(`--base takes an image name, not "${base}".`);
  const { manifest } = opened;
  return { ...opened, manifest: { ...manifest, image: { ...manifest.image, base } } };
}

function fixed(flag: string) {
  return usage(`--${flag} cannot be used with a package: its Dockerfile is already written and sealed.`);
}

function usage(problem: string) {
  return failure('USAGE', { problem, verb: 'build-image' });
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

const examples = `
Examples:
  mdeploy build-image ./iris
  mdeploy build-image ./iris --tag registry.example/team/iris:3 --tag latest
  mdeploy build-image ./iris-3.mdeploy --smoke          the CI step
  mdeploy build-image model.onnx --base node:26-slim --platform linux/arm64`;
