import { findAssets } from '../../package/assets.ts';
import { outputsOf } from '../../package/outputs.ts';
import { packageModel } from '../../package/package.ts';
import { planPackage } from '../../package/plan-package.ts';
import { packageDocument, packageText, planDocument, planText } from '../../package/text.ts';
import { proveModel } from '../../repository/load-version.ts';
import { openModel } from '../../repository/open-model.ts';
import type { CliCommand } from '../command.ts';

interface Flags {
  readonly output?: string;
  readonly tgz?: string;
  readonly template?: string;
  readonly platform?: readonly string[];
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export const command: CliCommand = {
  summary: 'make a self-contained, reproducible package of model and server',
  configure: (program) => {
    program
      .argument('[model]', 'a folder with model.yaml, or an .onnx file', '.')
      .option('-o, --output <dir>', 'the package folder (default: ./<name>-<version>.mdeploy)')
      .option('--tgz <file>', 'write an archive, instead of the folder or beside -o')
      .option('--template <dir>', 'files that replace or join the default Dockerfile and README.md')
      .option('--platform <list>', 'such as linux/amd64,linux/arm64 (default: image.platforms)', split)
      .option('--force', 'replace whatever is at the output, and the archive')
      .option('--dry-run', 'show the plan and write nothing')
      .addHelpText('after', examples);
  },
  run: async ([target = '.'], options, output) => {
    const { tgz, platform, dryRun, ...flags } = options as Flags;
    const wanted = {
      ...(flags.output !== undefined && { output: flags.output }),
      ...(tgz !== undefined && { archive: tgz }),
      ...(flags.template !== undefined && { template: flags.template }),
      ...(platform !== undefined && { platforms: platform }),
      force: flags.force ?? false,
    };
    const model = await openModel(target);
    for (const warning of model.warnings) output.warn(warning);
    if (dryRun) {
      const plan = await planPackage(model, wanted, await findAssets());
      const outputs = outputsOf(plan, wanted);
      output.result(planDocument(plan, outputs), planText(plan, outputs, output.verbose));
      return 0;
    }
    // Whoever starts the package relies on this: its server does not prove the model again.
    await output.step('Proving that the model loads and runs', () => proveModel(model));
    const made = await output.step(`Packaging ${model.manifest.name}`, () => packageModel(model, wanted));
    output.result(packageDocument(made), packageText(made, output.verbose));
    return 0;
  },
};

function split(list: string): string[] {
  return list.split(',').map((name) => name.trim());
}

const examples = `
Examples:
  mdeploy package ./iris
  mdeploy package model.onnx -o ./iris-package
  mdeploy package ./iris --platform linux/amd64,linux/arm64 --dry-run
  mdeploy package ./iris --tgz iris.tgz`;
