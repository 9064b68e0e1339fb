import { join } from 'node:path';
import { failure, type MdeployError } from '../core/errors/error.ts';
import type { TensorSpec } from '../core/tensor.ts';
import { showSize } from '../core/units.ts';
import type { Isolation } from '../python/isolation.ts';
import type { ProcessEnd } from '../python/process.ts';
import { lastWords, runPython } from '../python/program.ts';

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
  readonly module?: string;
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
  /** The folder that is to be made, for messages. */
  readonly output: string;
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
 * @throws MdeployError `CONVERT_ASKED`, `CONVERT_UNSAFE`, `CONVERT_REFUSED`, `CONVERT_FAILED`, `CONVERT_LIMIT`,
 * `FILE_UNWRITABLE`
 */
export async function runProgram(
  program: string,
  request: ProgramRequest,
  options: ProgramOptions,
): Promise<ProgramRun> {
  let last: Message | undefined;
  const end = await runPython<Message>(`convert/${program}`, request, {
    ...options,
    home: join(request.work, '..', 'home'),
    onMessage: (message) => {
      if (message.kind === 'progress') options.progress(message.text);
      else last = message;
    },
  });
  if (last?.kind === 'done') {
    const { kind: _, peak_bytes, ...answer } = last;
    return { ...answer, isolation: end.isolation, peakBytes: Math.max(peak_bytes, end.peakBytes) };
  }
  throw explain(last, end, options);
}

// Readers written in C++ trust what they read.
const crashes: ReadonlySet<NodeJS.Signals> = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGFPE', 'SIGILL']);

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
  if (end.signal !== null && crashes.has(end.signal))
    return failure(
      'CONVERT_DAMAGED',
      { file, reason: `its own framework crashed on it (${end.signal})` },
      at,
    );
  if (last?.kind !== 'failed') return failure('CONVERT_FAILED', { file, reason: lastWords(end) }, at);
  const { code, reason, flag = '' } = last;
  if (code === 'asked') return failure('CONVERT_ASKED', { file, what: reason, flag }, at);
  if (code === 'unsafe') return failure('CONVERT_UNSAFE', { file, findings: reason }, at);
  if (code === 'space') return failure('FILE_UNWRITABLE', { file: options.output, reason }, at);
  return failure(code === 'refused' ? 'CONVERT_REFUSED' : 'CONVERT_FAILED', { file, reason }, at);
}
