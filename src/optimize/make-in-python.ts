import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { writeNpy } from '../core/npy.ts';
import { showSize } from '../core/units.ts';
import type { RecipeName } from '../manifest/defaults.ts';
import type { NamedFeed } from '../proof/made-up.ts';
import { lastWords, type ProgramEnd, runPython } from '../python/program.ts';
import type { Made } from './made.ts';

export interface MakeOptions {
  /** Interpreter of the environment. */
  readonly python: string;
  /** Model file as it was named, for messages. */
  readonly file: string;
  /** Empty folder of the program. */
  readonly home: string;
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  readonly progress: (text: string) => void;
}

export interface PythonRecipe {
  readonly name: RecipeName;
  readonly share?: number;
}

type Message =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'begin'; readonly name: RecipeName }
  | { readonly kind: 'made'; readonly name: RecipeName; readonly facts: Readonly<Record<string, number>> }
  | {
      readonly kind: 'skipped';
      readonly name: RecipeName;
      readonly reason: string;
      readonly failed?: boolean;
    }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'done'; readonly versions: Readonly<Record<string, string>> };

/**
 * Makes variants with templates/optimize/make_variants.py. One that ends the program is named as such, and the others
 * are made by another one.
 * @param work folder for NAME.onnx of each
 * @throws MdeployError `OPTIMIZE_MAKER_FAILED` when it ends before it has begun with any
 */
export async function makeInPython(
  model: string,
  work: string,
  recipes: readonly PythonRecipe[],
  calibration: readonly NamedFeed[],
  options: MakeOptions,
): Promise<{ readonly made: readonly Made[]; readonly versions: Readonly<Record<string, string>> }> {
  const feeds = await writeFeeds(join(work, 'calibration'), calibration);
  const made: Made[] = [];
  let versions: Readonly<Record<string, string>> = {};
  for (let rest = recipes; rest.length > 0; ) {
    const run = await runOnce({ model, work, calibration: feeds, recipes: rest }, options);
    made.push(...run.made);
    versions = run.versions ?? versions;
    if (run.versions) break;
    if (run.current === undefined)
      throw failure(
        'OPTIMIZE_MAKER_FAILED',
        { file: options.file, reason: run.reason },
        { cause: new Error(run.end.errorOutput) },
      );
    made.push({ name: run.current, facts: {}, failed: `the tool that makes it failed: ${run.reason}` });
    const done = new Set(made.map(({ name }) => name));
    rest = rest.filter(({ name }) => !done.has(name));
  }
  return { made, versions };
}

interface Request {
  readonly model: string;
  readonly work: string;
  /** By feed: file of each input. */
  readonly calibration: readonly Readonly<Record<string, string>>[];
  readonly recipes: readonly PythonRecipe[];
}

async function runOnce(request: Request, options: MakeOptions) {
  const made: Made[] = [];
  let current: RecipeName | undefined;
  let versions: Readonly<Record<string, string>> | undefined;
  let said: string | undefined;
  const end = await runPython<Message>('optimize/make_variants.py', request, {
    ...options,
    onMessage: (message) => {
      if (message.kind === 'progress') options.progress(message.text);
      else if (message.kind === 'begin') current = message.name;
      else if (message.kind === 'done') versions = message.versions;
      else if (message.kind === 'failed') said = message.reason;
      else {
        made.push(toMade(message, request.work));
        current = undefined;
      }
    },
  });
  return { made, end, versions, current, reason: said ?? reasonOf(end, options) };
}

function toMade(message: Extract<Message, { kind: 'made' | 'skipped' }>, work: string): Made {
  const { name } = message;
  if (message.kind === 'made') return { name, facts: message.facts, path: join(work, `${name}.onnx`) };
  return message.failed
    ? { name, facts: {}, failed: `the tool that makes it failed: ${message.reason}` }
    : { name, facts: {}, skipped: message.reason };
}

function reasonOf(end: ProgramEnd, { maxMemoryBytes, timeoutMs }: MakeOptions): string {
  if (end.killed === 'memory') return `it went beyond ${showSize(maxMemoryBytes)} of memory`;
  if (end.killed === 'timeout') return `it took more than ${timeoutMs / 1000} s`;
  return lastWords(end);
}

// NumPy keeps no texts that a tool could calibrate with.
async function writeFeeds(folder: string, feeds: readonly NamedFeed[]): Promise<Record<string, string>[]> {
  await mkdir(folder, { recursive: true });
  const written: Record<string, string>[] = [];
  for (const [index, { inputs }] of feeds.entries()) {
    const files: [string, string][] = [];
    for (const [at, tensor] of inputs.entries()) {
      const bytes = writeNpy(tensor);
      if (bytes === undefined) return [];
      const file = join(folder, `${index}-${at}.npy`);
      await writeFile(file, bytes);
      files.push([tensor.name, file]);
    }
    written.push(Object.fromEntries(files));
  }
  return written;
}
