import { failure, type MdeployError } from '../core/errors/error.ts';
import { onInterrupt } from '../core/interrupt.ts';
import { roleEntry } from '../core/roles.ts';
import type { Signature, Tensor } from '../core/tensor.ts';
import { showSize } from '../core/units.ts';
import type { GraphSource } from './graph-source.ts';
import { type Ending, ProbeChild } from './probe-child.ts';
import type { ProbeAnswer, ProbeRun, ProbeStage, ProbeTask } from './probe-messages.ts';
import { plainWords, refusal } from './refusal.ts';

export interface ProbeOptions {
  /** Feeds to run, in order; absent: one feed of zeros made from the signature. */
  readonly inputs?: readonly (readonly Tensor[])[];
  /** For start, load and all runs together. */
  readonly timeoutMs: number;
  /** Resident memory of the whole child; about 120 MB of it are Node and the runtime. */
  readonly maxMemoryBytes: number;
  readonly signal?: AbortSignal;
  readonly task?: ProbeTask;
  /** For tests of what the child may do wrong; default: the entry of the role `model-probe`. */
  readonly entry?: URL;
}

export interface ProbeReport {
  /** As the runtime tells it; outputs that are not tensors are left out. */
  readonly signature: Signature;
  readonly loadMs: number;
  /** One per feed. A run that the runtime refused does not fail the probe: zeros need not be valid inputs. */
  readonly runs: readonly ProbeRun[];
  readonly peakRssBytes: number;
  /** Of a race: milliseconds of one run in each round, of the model and of its rival. */
  readonly times?: readonly (readonly number[])[];
}

/**
 * Loads and runs a model in a throw-away process, the only place where an untrusted model may crash, hang or eat
 * memory. The process is gone when the promise settles, whatever happens.
 * @throws MdeployError `MODEL_REFUSED`, `MODEL_CRASHES`, `MODEL_TOO_MUCH_MEMORY`, `MODEL_TOO_SLOW`, `RUNTIME_MISSING`,
 * `PROBE_FAILED`, `INTERRUPTED`
 */
export async function probeModel(source: GraphSource, options: ProbeOptions): Promise<ProbeReport> {
  if (options.signal?.aborted) throw failure('INTERRUPTED', {});
  const child = new ProbeChild(options.entry ?? roleEntry('model-probe'));
  const kill = () => child.end('interrupt');
  const forget = onInterrupt(async () => {
    kill();
    await child.ended;
    await child.remove();
  });
  const deadline = setTimeout(() => child.end('deadline'), options.timeoutMs);
  options.signal?.addEventListener('abort', kill, { once: true });
  living.add(child);
  if (living.size === 1) process.on('exit', abandonAll);
  try {
    child.watchMemory(options.maxMemoryBytes);
    const { inputs, task } = options;
    child.ask({ source, parent: process.pid, ...(inputs && { inputs }), ...(task && { task }) });
    const { answer, ...ending } = await child.ended;
    if (answer?.kind === 'done') return report(answer);
    if (answer?.kind === 'refused') throw refusal(source.name, new Error(answer.reason));
    if (answer?.kind === 'runtime-missing') throw runtimeMissing(answer.reason);
    throw explain(source.name, ending, options);
  } finally {
    clearTimeout(deadline);
    options.signal?.removeEventListener('abort', kill);
    living.delete(child);
    if (living.size === 0) process.off('exit', abandonAll);
    forget();
    await child.remove();
  }
}

// One listener for all of them: a repository may try out dozens of models at once.
const living = new Set<ProbeChild>();

function abandonAll(): void {
  for (const child of living) child.abandon();
}

function report(answer: ProbeAnswer): ProbeReport {
  const { signature, loadMs, peakRssBytes, times } = answer;
  const runs = answer.runs.map((run) => (run.ok ? run : { ...run, reason: plainWords(run.reason) }));
  return { signature, loadMs, runs, peakRssBytes, ...(times && { times }) };
}

function explain(name: string, ending: Omit<Ending, 'answer'>, options: ProbeOptions): MdeployError {
  const { stage, signal, why, output } = ending;
  const cause = output === '' ? {} : { cause: new Error(output) };
  if (why === 'interrupt' || isUserSignal(signal)) return failure('INTERRUPTED', {});
  if (why === 'unstartable' || stage === 'starting') return failedProbe(ending, options);
  if (why === 'deadline') return failure('MODEL_TOO_SLOW', { name, stage, limit: options.timeoutMs });
  if (why === 'memory') {
    return tooMuchMemory(name, stage, showSize(options.maxMemoryBytes), showSize(ending.peakRssBytes));
  }
  // Nobody but the kernel sends SIGKILL unasked: its out-of-memory killer, which prefers this process.
  if (signal === 'SIGKILL') {
    return tooMuchMemory(name, stage, 'this machine or container has', showSize(ending.peakRssBytes));
  }
  if (signal) return failure('MODEL_CRASHES', { name, stage, signal }, cause);
  return failure('MODEL_CRASHES', { name, stage, signal: `exit code ${ending.exitCode}` }, cause);
}

function failedProbe(ending: Omit<Ending, 'answer'>, options: ProbeOptions): MdeployError {
  const { why, output, signal, exitCode } = ending;
  const last = output.trim().split('\n').at(-1);
  if (why === 'deadline')
    return failure('PROBE_FAILED', { reason: `it did not start in ${options.timeoutMs} ms` });
  if (why === 'memory') {
    const cap = showSize(options.maxMemoryBytes);
    return failure('PROBE_FAILED', { reason: `${cap} of memory is too little for the runtime itself` });
  }
  return failure('PROBE_FAILED', { reason: last || `it ended with ${signal ?? `exit code ${exitCode}`}` });
}

function tooMuchMemory(name: string, stage: ProbeStage, cap: string, peak: string): MdeployError {
  return failure('MODEL_TOO_MUCH_MEMORY', { name, stage, cap, peak });
}

function runtimeMissing(reason: string): MdeployError {
  return failure('RUNTIME_MISSING', { platform: `${process.platform}/${process.arch}`, reason });
}

function isUserSignal(signal: NodeJS.Signals | null): boolean {
  return signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP';
}
