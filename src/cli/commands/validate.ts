import { validationText } from '../../validate/text.ts';
import { validate } from '../../validate/validate.ts';
import type { CliCommand } from '../command.ts';

export const command: CliCommand = {
  summary: 'check manifest, files, opset, signature, safety and samples',
  configure: (program) => {
    program
      .argument('[model]', 'a folder with model.yaml, an .onnx file, or a package', '.')
      .option('--strict', 'warnings fail too')
      .addHelpText('after', examples);
  },
  run: async ([target = '.'], options, output) => {
    const { exit, ...report } = await output.step(`Validating ${target}`, (update) =>
      validate(target, { strict: options.strict === true, progress: (text) => update(`Checking: ${text}`) }),
    );
    output.result(report, validationText({ exit, ...report }));
    return exit;
  },
};

const examples = `
Examples:
  mdeploy validate ./iris
  mdeploy validate model.onnx
  mdeploy validate ./iris-1.mdeploy --strict --json`;
