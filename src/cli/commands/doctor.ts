import { doctor, thisMachine } from '../../doctor/doctor.ts';
import { doctorText } from '../../doctor/text.ts';
import type { CliCommand } from '../command.ts';

export const command: CliCommand = {
  summary: 'find what is wrong with this machine',
  configure: (program) => {
    program.addHelpText('after', examples);
  },
  run: async (_args, _options, output) => {
    const { exit, ...report } = await output.step('Looking at this machine', (update) =>
      doctor(thisMachine(), (name) => update(`Looking at ${name}`)),
    );
    output.result(report, doctorText({ exit, ...report }));
    return exit;
  },
};

const examples = `
Examples:
  mdeploy doctor
  mdeploy doctor --json`;
