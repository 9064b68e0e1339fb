import { failure } from '../../core/errors/error.ts';
import { diff } from '../../diff/diff.ts';
import { diffText } from '../../diff/text.ts';
import type { CliCommand } from '../command.ts';

interface Flags {
  readonly answers: boolean;
  readonly rtol?: string;
  readonly atol?: string;
  readonly minTop1?: string;
}

export const command: CliCommand = {
  summary: 'show what breaks clients when one model replaces another',
  configure: (program) => {
    program
      .argument('<a>', 'the model that is in use: an .onnx file, a folder or a package')
      .argument('<b>', 'the model that is to take its place')
      .option('--rtol <number>', 'allowed difference relative to the value (default: by datatype)')
      .option('--atol <number>', 'allowed absolute difference (default: by datatype and size of the values)')
      .option(
        '--min-top1 <share>',
        'let scores and labels agree from this share of equal rows on, such as 0.98',
      )
      .option('--no-answers', 'compare contract and graph only; nothing is loaded')
      .addHelpText('after', examples);
  },
  run: async ([a = '', b = ''], options, output) => {
    const flags = options as unknown as Flags;
    const minTop1 = number('--min-top1', flags.minTop1, 1);
    const report = await output.step(`Comparing ${a} with ${b}`, (update) =>
      diff(a, b, {
        compareAnswers: flags.answers,
        tolerance: {
          ...given('rtol', number('--rtol', flags.rtol, 1)),
          ...given('atol', number('--atol', flags.atol, 1e9)),
        },
        ...given('minTop1', minTop1),
        progress: update,
      }),
    );
    output.result({ ...report }, diffText(report));
    return report.ok ? 0 : 1;
  },
};

function given<K extends string>(key: K, value: number | undefined): { [P in K]?: number } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: number });
}

function number(flag: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= most) return value;
  const expected = `a number from 0 to ${most}`;
  const problem = `${flag} must be ${expected}, not "${text}".`;
  throw failure('USAGE', { problem, verb: 'diff' }, { field: flag, expected, received: text });
}

const examples = `
Examples:
  mdeploy diff ./digits-1 ./digits-2
  mdeploy diff old.onnx new.onnx --json
  mdeploy diff ./digits-1 ./retrained --min-top1 0.98
  mdeploy diff ./digits-1 ./digits-2 --no-answers`;
