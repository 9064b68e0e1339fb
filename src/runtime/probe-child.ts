import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reasonOf, removeTree } from '../core/files.ts';
import type { ProbeMessage, ProbeRequest, ProbeStage } from './probe-messages.ts';
import { watchMemory } from './resident-memory.ts';

export interface Ending {
  /** The child's answer, if it lived to give one. */
  readonly answer?: Exclude<ProbeMessage, { kind: 'stage' }>;
  /** Who ended it: us, and for what; `itself` otherwise. */
  readonly why: Reason;
  readonly stage: ProbeStage;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly peakRssBytes: number;
  /** The end of what it wrote to stdout and stderr. */
  readonly output: string;
}

export type Reason = 'itself' | 'answered' | 'deadline' | 'memory' | 'interrupt' | 'unstartable';

const outputLimit = 4096;

/** The child process itself: started in an empty folder with a clean environment, watched, and killed. */
export class ProbeChild {
  /** Settles once, when the process is gone. */
  readonly ended: Promise<Ending>;
  readonly #process: ChildProcess;
  readonly #folder: string | undefined;
  #answer: Ending['answer'];
  #why: Reason = 'itself';
  #stage: ProbeStage = 'starting';
  #peak = 0;
  #output = '';
  #unwatch: (() => void) | undefined;

  constructor(entry: URL) {
    this.#folder = emptyFolder();
    this.#process = spawn(process.execPath, ['--no-warnings', fileURLToPath(entry)], {
      cwd: this.#folder ?? '/',
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    this.ended = this.#watch();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  ask(request: ProbeRequest): void {
    // The channel may be cut while a large model is on its way; how the process ended says why.
    this.#process.send(request, () => undefined);
  }

  /** Polls resident memory and kills above the cap. The kernel's own killer is told to prefer this process too. */
  watchMemory(maxBytes: number): void {
    const pid = this.pid;
    if (pid === undefined) return;
    if (process.platform === 'linux') preferVictim(pid);
    this.#unwatch = watchMemory(pid, (bytes) => {
      this.#peak = Math.max(this.#peak, bytes);
      if (this.#peak > maxBytes) this.end('memory');
    });
  }

  end(why: Reason): void {
    if (this.#why !== 'itself') return;
    this.#why = why;
    this.#process.kill('SIGKILL');
  }

  /** Removes the empty folder, and a core dump with it. */
  async remove(): Promise<void> {
    if (this.#folder !== undefined) await removeTree(this.#folder);
  }

  /** The same as `end` and `remove`, for a process that is about to exit and can wait for nothing. */
  abandon(): void {
    this.end('interrupt');
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  #watch(): Promise<Ending> {
    const child = this.#process;
    child.on('message', (message: ProbeMessage) => {
      if (message.kind === 'stage') this.#stage = message.stage;
      else {
        this.#answer = message;
        // Killing is faster than an orderly exit, and frees everything as well.
        this.end('answered');
      }
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString('utf8')).slice(-outputLimit);
      });
    }
    return new Promise((resolve) => {
      const settle = (exitCode: number | null, signal: NodeJS.Signals | null) => {
        this.#unwatch?.();
        const answer = this.#answer && { answer: this.#answer };
        const facts = { why: this.#why, stage: this.#stage, peakRssBytes: this.#peak, output: this.#output };
        resolve({ ...answer, ...facts, exitCode, signal });
      };
      child.once('error', (error) => {
        // Emitted for a failed send or kill as well; only without a pid was there never a process.
        if (child.pid !== undefined) return;
        this.#why = 'unstartable';
        this.#output = reasonOf(error);
        settle(null, null);
      });
      child.once('close', settle);
    });
  }
}

// Graphs loaded from bytes may name files relative to the current folder: there must be none. On a read-only system
// without a temporary folder the root stands in; the reader has refused such graphs already.
function emptyFolder(): string | undefined {
  for (const parent of [tmpdir(), '/dev/shm']) {
    try {
      return mkdtempSync(join(parent, 'mdeploy-probe-'));
    } catch (error) {
      if (!unwritable.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return undefined;
}

const unwritable = new Set(['EROFS', 'EACCES', 'ENOENT', 'ENOSPC', 'ENOTDIR', 'EDQUOT']);

// Nothing secret of ours reaches the model's process. What stays is what the loader and the locale need.
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = ['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'LOCPATH', 'SystemRoot', 'TMPDIR', 'TEMP'];
  const env: NodeJS.ProcessEnv = { ORT_DISABLE_TELEMETRY: '1', MDEPLOY_ROLE: 'model-probe' };
  for (const name of kept) if (process.env[name] !== undefined) env[name] = process.env[name];
  return env;
}

// Raising one's own badness needs no privilege, but some sandboxes mount /proc read-only: then the cap alone guards.
function preferVictim(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch (error) {
    if (!gone.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

const gone = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EROFS']);
