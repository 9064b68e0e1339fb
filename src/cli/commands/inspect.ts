import { inspect } from '../../inspect/inspect.ts';
import { inspectionText } from '../../inspect/text.ts';
import type { CliCommand } from '../command.ts';

export const command: CliCommand = {
  summary: 'show what is in a model file, a model folder or a package',
  configure: (program) => {
    program
      .argument('[model]', 'an .onnx file, a folder with model.yaml, or a package', '.')
      .addHelpText('after', examples);
  },
  run: async ([target = '.'], _options, output) => {
    const report = await output.step(`Reading ${target}`, () => inspect(target));
    output.result({ ...report }, inspectionText(report, output.verbose));
    return 0;
  },
};

const examples = `
Examples:
  mdeploy inspect model.onnx
  mdeploy inspect ./digits --json
  mdeploy inspect model.onnx --verbose    every operator`;
