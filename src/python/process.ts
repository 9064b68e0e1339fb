import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { reasonOf } from '../core/files.ts';
import { onInterrupt } from '../core/interrupt.ts';
import { watchMemory } from '../runtime/resident-memory.ts';

export interface ProcessOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
  /** Called with each line of standard output. */
  readonly onLine?: (line: string) => void;
  readonly timeoutMs: number;
  /** Resident memory of the process itself; above it the group is killed. */
  readonly maxMemoryBytes?: number;
}

export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it was killed, when it was we who did it. */
  readonly killed?: 'timeout' | 'memory';
  /** Why it could not be started. */
  readonly unstartable?: string;
  /** The end of what it wrote to standard error. */
  readonly errorOutput: string;
  readonly peakBytes: number;
}

const outputLimit = 16 * 1024;

/**
 * Runs a program in a process group of its own, and ends the whole group on a timeout, above the memory cap, or when
 * the user interrupts. Never rejects: how it ended is the answer.
 */
export async function runProcess(
  command: readonly [string, ...string[]],
  options: ProcessOptions,
): Promise<ProcessEnd> {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  let errorOutput = '';
  let killed: ProcessEnd['killed'];
  let peakBytes = 0;
  const gone = new Promise<Pick<ProcessEnd, 'exitCode' | 'signal' | 'unstartable'>>((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ exitCode: null, signal: null, unstartable: reasonOf(error) });
    });
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const kill = (why?: ProcessEnd['killed']) => {
    killed ??= why;
    killGroup(child.pid);
  };
  const forget = onInterrupt(async () => {
    kill();
    await gone;
  });
  const timer = setTimeout(() => kill('timeout'), options.timeoutMs);
  const unwatch = watch(child.pid, options.maxMemoryBytes, (bytes) => {
    peakBytes = Math.max(peakBytes, bytes);
    if (peakBytes > (options.maxMemoryBytes ?? Number.POSITIVE_INFINITY)) kill('memory');
  });
  const abandon = () => killGroup(child.pid);
  process.once('exit', abandon);
  child.stderr.on('data', (chunk: Buffer) => {
    errorOutput = (errorOutput + chunk.toString('utf8')).slice(-outputLimit);
  });
  createInterface({ input: child.stdout }).on('line', (line) => options.onLine?.(line));
  // A program that ends before it has read everything closes the pipe; how it ended says why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  try {
    const end = await gone;
    return { ...end, ...(killed && { killed }), errorOutput, peakBytes };
  } finally {
    clearTimeout(timer);
    unwatch();
    forget();
    process.off('exit', abandon);
  }
}

function watch(pid: number | undefined, cap: number | undefined, tell: (bytes: number) => void): () => void {
  return pid === undefined || cap === undefined ? () => undefined : watchMemory(pid, tell);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
