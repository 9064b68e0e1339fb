import { readFile } from 'node:fs/promises';
import { failure } from '../../core/errors/error.ts';
import { reasonOf } from '../../core/files.ts';
import { nearest } from '../../core/suggest.ts';
import { parseSize } from '../../core/units.ts';
import { planInit } from '../../init/init.ts';
import { type RecipeName, recipeNames } from '../../manifest/defaults.ts';
import { type OptimizeOptions, optimize } from '../../optimize/optimize.ts';
import { optimizationText } from '../../optimize/text.ts';
import { formatOf, readers } from '../../predict/readers.ts';
import type { CliCommand } from '../command.ts';
import type { Output } from '../output.ts';

interface Flags {
  readonly out?: string;
  readonly force?: boolean;
  readonly recipes?: string;
  readonly data?: string;
  readonly trustMadeUp?: boolean;
  readonly top1?: string;
  readonly maxError?: string;
  readonly fasterBy?: string;
  readonly smallerBy?: string;
  readonly prune: string;
  readonly channels: string;
  readonly raceS: string;
  readonly python?: string;
  readonly indexUrl?: string;
  readonly wheels?: string;
  readonly timeoutS: string;
  readonly maxMemory: string;
}

export const command: CliCommand = {
  summary: 'make a model smaller or faster, keep what is measured to win',
  configure: (program) => {
    program
      .argument('[model]', 'an .onnx file, a folder with model.yaml, or a package', '.')
      .option('-o, --out <dir>', 'the folder to make (default: ./<name>-optimized)')
      .option('--force', 'replace the folder if it is there')
      .option('--recipes <names>', `what to try, with commas between (default: ${recipeNames.join(',')})`)
      .option('--data <file>', 'a .npz or .npy of real inputs, as the graph takes them')
      .option('--trust-made-up', 'without samples and data, keep what made-up inputs speak for')
      .option('--top1 <share>', 'keep a variant that agrees on this share of rows (default: 0.99)')
      .option(
        '--max-error <number>',
        'and differs by no more than this part of the largest value (default: 0.05)',
      )
      .option('--faster-by <times>', 'and is this many times as fast (default: 1.1, without --smaller-by)')
      .option('--smaller-by <times>', 'and is this many times as small')
      .option('--prune <share>', 'share of weights that "pruned" sets to zero', '0.5')
      .option('--channels <share>', 'share of channels that "fewer-channels" removes', '0.25')
      .option('--race-s <seconds>', 'time for the race of each variant against the original', '2')
      .option('--python <path>', 'the Python to make environments with')
      .option('--index-url <url>', 'package index instead of PyPI')
      .option('--wheels <dir>', 'install from this folder of wheels only')
      .option('--timeout-s <seconds>', 'time for making variants', '1800')
      .option('--max-memory <size>', 'memory for making variants', '8GiB')
      .addHelpText('after', examples);
  },
  run: async ([target = '.'], options, output) => {
    const settings = await settingsOf(options as unknown as Flags);
    const report = await output.step(`Optimising ${target}`, (update) =>
      optimize(target, { ...settings, ...tellers(output, update) }),
    );
    output.result({ ...report }, optimizationText(report));
    return 0;
  },
};

type Tellers = Pick<OptimizeOptions, 'progress' | 'note' | 'warn'>;

function tellers(output: Output, update: (text: string) => void): Tellers {
  return { progress: update, note: (text) => output.note(text), warn: (text) => output.warn(text) };
}

async function settingsOf(flags: Flags): Promise<Omit<OptimizeOptions, keyof Tellers>> {
  return {
    ...given('output', flags.out),
    force: flags.force ?? false,
    ...given('recipes', recipesOf(flags.recipes)),
    keepIf: {
      top1_agreement: number('--top1', flags.top1, 0, 1),
      max_error: number('--max-error', flags.maxError, 0, 1e9),
      faster_by: number('--faster-by', flags.fasterBy, 1, 1000),
      smaller_by: number('--smaller-by', flags.smallerBy, 1, 1000),
    },
    trustsMadeUp: flags.trustMadeUp ?? false,
    prune: number('--prune', flags.prune, 0, 0.99),
    channels: number('--channels', flags.channels, 0, 0.9),
    budgetMs: 1000 * number('--race-s', flags.raceS, 0.01, 600),
    ...given('python', flags.python),
    ...given('indexUrl', flags.indexUrl),
    ...given('wheels', flags.wheels),
    timeoutMs: 1000 * number('--timeout-s', flags.timeoutS, 1, 86_400),
    maxMemoryBytes: sizeOf(flags.maxMemory),
    ...(flags.data !== undefined && { data: await dataOf(flags.data) }),
    planManifest: async (modelFile, name, manifestFile) =>
      (await planInit(modelFile, { name, output: manifestFile })).text,
  };
}

function given<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: T });
}

async function dataOf(file: string): Promise<NonNullable<OptimizeOptions['data']>> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(cause) }, { at: { file }, cause });
  }
  const format = await formatOf(file, bytes);
  if (format !== 'npy' && format !== 'npz') throw usage('--data', file, 'a .npz or .npy file');
  const input = (await readers.load(format)).read(bytes, file);
  return { file, tensors: input.kind === 'tensors' ? input.tensors : [] };
}

function recipesOf(text: string | undefined): RecipeName[] | undefined {
  return text?.split(',').map((part) => {
    const name = recipeNames.find((known) => known === part.trim());
    if (name !== undefined) return name;
    const near = nearest(part.trim(), recipeNames);
    const hint = near === undefined ? recipeNames.join(', ') : `"${near}"`;
    throw usage('--recipes', part.trim(), `names of recipes, such as ${hint}`);
  });
}

function number(flag: string, text: string, low: number, high: number): number;
function number(flag: string, text: string | undefined, low: number, high: number): number | undefined;
function number(flag: string, text: string | undefined, low: number, high: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= low && value <= high) return value;
  throw usage(flag, text, `a number from ${low} to ${high}`);
}

function sizeOf(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes >= 64 * 1024 ** 2) return bytes;
  throw usage('--max-memory', text, 'a size from 64MiB on, such as 8GiB');
}

function usage(flag: string, received: string, expected: string) {
  const problem = `${flag} must be ${expected}, not "${received}".`;
  return failure('USAGE', { problem, verb: 'optimize' }, { field: flag, expected, received });
}

const examples = `
Examples:
  mdeploy optimize ./digits --data digits.npz
  mdeploy optimize model.onnx --smaller-by 1.8 --recipes fp16,int8-dynamic
  mdeploy optimize ./digits --faster-by 1.5 --top1 0.995 -o digits-fast`;
