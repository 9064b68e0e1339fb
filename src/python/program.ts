import { mkdir } from 'node:fs/promises';
import { findIsolation, type Isolation } from './isolation.ts';
import { type ProcessEnd, runProcess } from './process.ts';
import { templatePath } from './template-path.ts';

export interface ProgramOptions<Message> {
  /** Interpreter of the environment. */
  readonly python: string;
  /** Empty folder that is current and home folder of the program; made when it is not there. */
  readonly home: string;
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  /** Told of every message as it comes; what a hostile model writes there is no more than words. */
  readonly onMessage: (message: Message) => void;
}

export interface ProgramEnd extends ProcessEnd {
  readonly isolation: Isolation;
}

/**
 * Runs a program of templates/, which reads one JSON request and writes JSON lines, each an object with a `kind`: no
 * network where that can be done, nothing of the user's environment, a cap on memory and time. Never rejects for what
 * the program does: how it ended is the answer.
 * @param program path below templates/: `convert/from_onnx.py`
 */
export async function runPython<Message extends { readonly kind: string }>(
  program: string,
  request: object,
  options: ProgramOptions<Message>,
): Promise<ProgramEnd> {
  const isolation = await findIsolation();
  await mkdir(options.home, { recursive: true });
  const end = await runProcess(isolation.wrap([options.python, '-I', '-B', templatePath(program)]), {
    cwd: options.home,
    env: cleanEnvironment(options.home),
    input: JSON.stringify(request),
    timeoutMs: options.timeoutMs,
    maxMemoryBytes: options.maxMemoryBytes,
    onLine: (line) => {
      const message = parse<Message>(line);
      if (message) options.onMessage(message);
    },
  });
  return { ...end, isolation };
}

/** What a program said last, or how it ended, when it gave no answer. */
export function lastWords({ unstartable, signal, exitCode, errorOutput }: ProcessEnd): string {
  if (unstartable !== undefined) return `Python could not be started: ${unstartable}`;
  const line = errorOutput.trim().split('\n').at(-1);
  return line || `it ended with ${signal ?? `exit code ${exitCode}`}`;
}

function parse<Message>(line: string): Message | undefined {
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
