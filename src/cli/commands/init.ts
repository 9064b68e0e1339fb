import { relative } from 'node:path';
import { planInit, writeInit } from '../../init/init.ts';
import type { CliCommand } from '../command.ts';

export const command: CliCommand = {
  summary: 'look into a model file and write a commented model.yaml',
  configure(program) {
    program
      .argument('[model]', 'an .onnx file, or a folder with one', '.')
      .option('--name <name>', 'name of the model; default: made from the file name')
      .option('--output <file>', 'where to write; default: model.yaml beside the model file')
      .option('--force', 'replace a manifest that is already there')
      .option('--dry-run', 'print the manifest and write nothing')
      .addHelpText(
        'after',
        '\nExamples:\n  mdeploy init iris/model.onnx\n  mdeploy init model.onnx --name iris --dry-run',
      );
  },
  async run([model = '.'], options, output) {
    const plan = await planInit(model, {
      ...(typeof options.name === 'string' && { name: options.name }),
      ...(typeof options.output === 'string' && { output: options.output }),
    });
    const dryRun = options.dryRun === true;
    if (!dryRun) await writeInit(plan, options.force === true);
    for (const note of plan.notes) output.note(note);
    const { file, manifest, notes, text } = plan;
    const shown = relative(process.cwd(), file) || file;
    output.result(
      { file, written: !dryRun, manifest, notes, ...(dryRun && { text }) },
      dryRun ? text.trimEnd() : `Wrote ${shown}. Next: mdeploy validate, then mdeploy serve.`,
    );
    return 0;
  },
};
