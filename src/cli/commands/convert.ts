import { type ConvertOptions, convert } from '../../convert/convert.ts';
import { parseInputFlag } from '../../convert/input-flag.ts';
import { conversionText } from '../../convert/text.ts';
import { failure } from '../../core/errors/error.ts';
import { grammars } from '../../core/names.ts';
import { parseSize } from '../../core/units.ts';
import { planInit } from '../../init/init.ts';
import type { CliCommand } from '../command.ts';
import type { Output } from '../output.ts';

interface Flags {
  readonly out?: string;
  readonly name?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly sample?: string;
  readonly entry?: string;
  readonly entryArgs?: string;
  readonly signature?: string;
  readonly module?: string;
  readonly trust?: boolean;
  readonly force?: boolean;
  readonly python?: string;
  readonly indexUrl?: string;
  readonly wheels?: string;
  readonly timeoutS: string;
  readonly maxMemory: string;
  readonly rtol?: string;
  readonly atol?: string;
}

export const command: CliCommand = {
  summary: 'convert a trained model to ONNX and prove that its answers stay',
  configure: (program) => {
    program
      .argument('<source>', 'a model file or folder of another framework; its format is told by its content')
      .option('-o, --out <dir>', 'the folder to make (default: ./<name>-onnx)')
      .option('--name <name>', 'name of the model (default: made from the file name)')
      .option(
        '--input <name:TYPE[axes]>',
        'an input the file does not tell: image:FP32[batch,1,28,28]',
        collect,
        [],
      )
      .option('--output <name>', 'name of an output, or the only ones to keep; repeat for more', collect, [])
      .option('--sample <file>', 'a .npz or .npy file with inputs to prove the conversion with')
      .option(
        '--entry <file.py:name>',
        'class or function that makes the module which bare weights belong to',
      )
      .option('--entry-args <json>', 'its arguments by name: \'{"width": 6}\'')
      .option('--signature <name>', 'which signature of a SavedModel')
      .option('--module <name>', 'which part of a TorchScript archive, where the whole keeps state')
      .option('--trust', 'load a file that runs code: only one you made, or whose maker you trust')
      .option('--force', 'replace the folder if it is there')
      .option('--python <path>', 'the Python to make environments with')
      .option('--index-url <url>', 'package index instead of PyPI')
      .option('--wheels <dir>', 'install from this folder of wheels only')
      .option('--timeout-s <seconds>', 'time for the conversion', '1800')
      .option('--max-memory <size>', 'memory for the conversion', '8GiB')
      .option('--rtol <number>', 'allowed difference relative to the value (default: by datatype)')
      .option('--atol <number>', 'allowed absolute difference (default: by datatype and size of the values)')
      .addHelpText('after', examples);
  },
  run: async ([source = ''], options, output) => {
    const flags = options as unknown as Flags;
    const settings = settingsOf(flags);
    const conversion = await output.step(`Converting ${source}`, (update) =>
      convert(source, { ...settings, ...tellers(output, update) }),
    );
    output.result({ ...conversion, ok: conversion.parity.ok }, conversionText(conversion));
    return conversion.parity.ok ? 0 : 1;
  },
};

type Tellers = Pick<ConvertOptions, 'progress' | 'note' | 'warn'>;

function tellers(output: Output, update: (text: string) => void): Tellers {
  return { progress: update, note: (text) => output.note(text), warn: (text) => output.warn(text) };
}

function settingsOf(flags: Flags): Omit<ConvertOptions, keyof Tellers> {
  if (flags.name !== undefined && !grammars.modelName.test(flags.name))
    throw usage('--name', flags.name, 'letters, digits and . _ -, beginning with a letter or digit');
  return {
    ...given('output', flags.out),
    ...given('name', flags.name),
    inputs: flags.input.map(parseInputFlag),
    outputs: flags.output,
    ...given('sample', flags.sample),
    ...given('entry', entryOf(flags.entry)),
    ...given('entryArgs', entryArgsOf(flags.entryArgs)),
    ...given('signature', flags.signature),
    ...given('module', flags.module),
    trust: flags.trust ?? false,
    force: flags.force ?? false,
    ...given('python', flags.python),
    ...given('indexUrl', flags.indexUrl),
    ...given('wheels', flags.wheels),
    timeoutMs: 1000 * positive('--timeout-s', flags.timeoutS, 86_400),
    maxMemoryBytes: sizeOf(flags.maxMemory),
    tolerance: {
      ...given('rtol', flags.rtol === undefined ? undefined : positive('--rtol', flags.rtol, 1)),
      ...given('atol', flags.atol === undefined ? undefined : positive('--atol', flags.atol, 1e9)),
    },
    planManifest: async (modelFile, name, manifestFile) =>
      (await planInit(modelFile, { name, output: manifestFile })).text,
  };
}

function given<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: T });
}

function entryOf(text: string | undefined): { file: string; name: string } | undefined {
  if (text === undefined) return undefined;
  const [, file, name] = /^(.+\.py):([A-Za-z_]\w*)$/.exec(text) ?? [];
  if (file === undefined || name === undefined)
    throw usage('--entry', text, 'a file and a name: model.py:build');
  return { file, name };
}

function entryArgsOf(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (cause) {
    throw usage('--entry-args', text, 'a JSON object: \'{"width": 6}\'', cause);
  }
  throw usage('--entry-args', text, 'a JSON object: \'{"width": 6}\'');
}

function positive(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= most) return value;
  throw usage(flag, text, `a number from 0 to ${most}`);
}

function sizeOf(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes >= 64 * 1024 ** 2) return bytes;
  throw usage('--max-memory', text, 'a size from 64MiB on, such as 8GiB');
}

function usage(flag: string, received: string, expected: string, cause?: unknown) {
  const problem = `${flag} must be ${expected}, not "${received}".`;
  return failure(
    'USAGE',
    { problem, verb: 'convert' },
    { field: flag, expected, received, ...(cause !== undefined && { cause }) },
  );
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

const examples = `
Examples:
  mdeploy convert model.pkl -o iris
  mdeploy convert model.pt --input image:FP32[batch,1,28,28] --output logits
  mdeploy convert weights.pth --entry net.py:Net --entry-args '{"width": 6}' --input x:FP32[batch,8]
  mdeploy convert saved_model/ --signature serving_default -o digits`;
