import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type MdeployError } from '../core/errors/error.ts';
import type { TensorSpec } from '../core/tensor.ts';
import { showSize } from '../core/units.ts';
import { findIsolation, type Isolation } from './isolation.ts';
import { type ProcessEnd, runProcess } from './process.ts';
import { templatePath } from './template-path.ts';

/** What a program of templates/convert/ is asked; see mdeploy_convert.py. */
export interface ProgramRequest {
  readonly source: string;
  readonly format: string;
  /** Where it writes model.onnx and samples/. */
  readonly work: string;
  readonly trust: boolean;
  /** `module.name` of everything that may be imported while the file is loaded. */
  readonly allowed: readonly string[];
  readonly inputs?: readonly TensorSpec[];
  readonly outputs?: readonly string[];
  readonly sample?: string;
  readonly entry?: { readonly file: string; readonly name: string };
  readonly entryArgs?: Readonly<Record<string, unknown>>;
  readonly signature?: string;
}

/** What it answers. */
export interface ProgramAnswer {
  readonly framework: string;
  /** In order; `nan` names the outputs in which the original itself gave a NaN. */
  readonly samples: readonly { readonly name: string; readonly nan: readonly string[] }[];
  readonly versions: Readonly<Record<string, string>>;
  readonly notes?: readonly string[];
}

export interface ProgramRun extends ProgramAnswer {
  readonly isolation: Isolation;
  readonly peakBytes: number;
}

export interface ProgramOptions {
  /** Interpreter of the environment. */
  readonly python: string;
  /** What was typed, for messages. */
  readonly source: string;
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  readonly progress: (text: string) => void;
}

type Message =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string; readonly flag?: string }
  | ({ readonly kind: 'done'; readonly peak_bytes: number } & ProgramAnswer);

/**
 * Runs a converter: no network where that can be done, nothing of the user's environment, an empty folder as current
 * and home folder, a cap on memory and time.
 * @throws MdeployError `CONVERT_ASKED`, `CONVERT_UNSAFE`, `CONVERT_REFUSED`, `CONVERT_FAILED`, `CONVERT_LIMIT`
 */
export async function runProgram(
  program: string,
  request: ProgramRequest,
  options: ProgramOptions,
): Promise<ProgramRun> {
  const isolation = await findIsolation();
  const home = join(request.work, '..', 'home');
  await mkdir(home, { recursive: true });
  let last: Message | undefined;
  const end = await runProcess(isolation.wrap([options.python, '-I', '-B', templatePath(program)]), {
    cwd: home,
    env: cleanEnvironment(home),
    input: JSON.stringify(request),
    timeoutMs: options.timeoutMs,
    maxMemoryBytes: options.maxMemoryBytes,
    onLine: (line) => {
      const message = parse(line);
      if (message?.kind === 'progress') options.progress(message.text);
      else last = message ?? last;
    },
  });
  if (last?.kind === 'done') {
    const { kind: _, peak_bytes, ...answer } = last;
    return { ...answer, isolation, peakBytes: Math.max(peak_bytes, end.peakBytes) };
  }
  throw explain(last, end, options);
}

function explain(last: Message | undefined, end: ProcessEnd, options: ProgramOptions): MdeployError {
  const file = options.source;
  const at = { at: { file }, cause: new Error(end.errorOutput) };
  if (end.killed === 'memory' || (last?.kind === 'failed' && last.code === 'memory'))
    return failure(
      'CONVERT_LIMIT',
      { file, limit: showSize(options.maxMemoryBytes), flag: '--max-memory' },
      at,
    );
  if (end.killed === 'timeout')
    return failure(
      'CONVERT_LIMIT',
      { file, limit: `${options.timeoutMs / 1000} s`, flag: '--timeout-s' },
      at,
    );
  if (last?.kind !== 'failed') return failure('CONVERT_FAILED', { file, reason: lastWords(end) }, at);
  const { code, reason, flag = '' } = last;
  if (code === 'asked') return failure('CONVERT_ASKED', { file, what: reason, flag }, at);
  if (code === 'unsafe') return failure('CONVERT_UNSAFE', { file, findings: reason }, at);
  return failure(code === 'refused' ? 'CONVERT_REFUSED' : 'CONVERT_FAILED', { file, reason }, at);
}

function lastWords({ unstartable, signal, exitCode, errorOutput }: ProcessEnd): string {
  if (unstartable !== undefined) return `Python could not be started: ${unstartable}`;
  const line = errorOutput.trim().split('\n').at(-1);
  return line || `it ended with ${signal ?? `exit code ${exitCode}`}`;
}

// What a hostile model writes there is no more than words.
function parse(line: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null && 'kind' in message
      ? (message as Message)
      : undefined;
  } catch {
    return undefined;
  }
}

// No token, key or address of the user's reaches what is in the file.
function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    TMPDIR: home,
    LANG: 'C.UTF-8',
    CUDA_VISIBLE_DEVICES: '',
    TF_CPP_MIN_LOG_LEVEL: '3',
    TF_ENABLE_ONEDNN_OPTS: '0',
  };
  if (process.platform === 'win32') return { ...env, SystemRoot: process.env.SystemRoot };
  return env;
}
