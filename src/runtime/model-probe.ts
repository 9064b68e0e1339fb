import { rmdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { asMdeployError } from '../core/errors/error.ts';
import { currentRole } from '../core/roles.ts';
import type { Tensor } from '../core/tensor.ts';
import { loadOnnxRuntime } from './onnxruntime.ts';
import type { ProbeMessage, ProbeRequest, ProbeRun, ProbeTask } from './probe-messages.ts';
import { race } from './race.ts';
import { peakFromProc } from './resident-memory.ts';
import { openOnnxSession } from './runtimes/onnx.ts';
import { saveOptimised } from './save-optimised.ts';
import type { Session } from './session.ts';
import { likelyLengths, zeroFeeds } from './zeros.ts';

/**
 * Entry of the role `model-probe`: loads one untrusted model, runs it, tells the parent and is killed by it. It
 * imports as little as possible, for `serve` waits for it before every load.
 */
export function probeMain(): void {
  process.once('message', async (request: ProbeRequest) => {
    try {
      await probe(request);
    } catch (error) {
      send({ kind: 'refused', reason: rootReason(error) });
    }
  });
  // Nothing holds the process then, but the folder it lives in would stay. It is empty, or rmdir leaves it alone.
  const leave = () => rmdirSync(process.cwd());
  if (process.connected) process.once('disconnect', leave);
  else leave();
}

async function probe({ source, inputs, parent, task }: ProbeRequest): Promise<void> {
  try {
    loadOnnxRuntime();
  } catch (error) {
    send({ kind: 'runtime-missing', reason: rootReason(error) });
    return;
  }
  watchParent(parent);
  send({ kind: 'stage', stage: 'loading' });
  const start = performance.now();
  const session = await openOnnxSession(source);
  const loadMs = performance.now() - start;
  send({ kind: 'stage', stage: 'running' });
  const runs = inputs ? await runAll(session, inputs) : [await runZeros(session)];
  if (task?.kind === 'save') await saveOptimised(source, task.level, task.to);
  const times = task?.kind === 'race' ? await runRace(session, task, inputs?.[0] ?? []) : undefined;
  const done = { kind: 'done', signature: session.signature, loadMs, runs, peakRssBytes: peakRss() } as const;
  send({ ...done, ...(times && { times }) });
}

type Race = Extract<ProbeTask, { kind: 'race' }>;

async function runRace(session: Session, task: Race, feed: readonly Tensor[]): Promise<number[][]> {
  return race([session, await openOnnxSession(task.rival)], feed, task);
}

async function runAll(session: Session, inputs: readonly (readonly Tensor[])[]): Promise<ProbeRun[]> {
  const runs: ProbeRun[] = [];
  for (const feed of inputs) runs.push(await run(session, feed));
  return runs;
}

async function runZeros(session: Session): Promise<ProbeRun> {
  let last: ProbeRun = { ok: false, reason: 'no input could be made up' };
  for (const length of likelyLengths(session.signature.inputs)) {
    last = await run(session, zeroFeeds(session.signature.inputs, length));
    // The answers to zeros are of no use to anybody, and may be large.
    if (last.ok) return { ...last, outputs: [] };
  }
  return last;
}

async function run(session: Session, feed: readonly Tensor[]): Promise<ProbeRun> {
  const names = session.signature.outputs.map((output) => output.name);
  const start = performance.now();
  try {
    const outputs = await session.run(feed, names);
    const ms = performance.now() - start;
    const shapes = Object.fromEntries(outputs.map(({ name, shape }) => [name, shape]));
    return { ok: true, ms, outputs, shapes };
  } catch (error) {
    return { ok: false, reason: rootReason(error) };
  }
}

// A parent that is killed outright cannot kill us, and native code does not notice its death: a thread does.
function watchParent(parent: number): void {
  const code = `const { rmdirSync } = require('node:fs');
    const end = () => { try { rmdirSync(process.cwd()); } finally { process.kill(process.pid, 'SIGKILL'); } };
    setInterval(() => { if (process.ppid !== ${parent}) end(); }, 250);`;
  new Worker(code, { eval: true, env: {}, execArgv: [] }).unref();
}

// getrusage keeps the parent's peak across fork and exec; the other one is this program's own.
function peakRss(): number {
  return process.platform === 'linux' ? peakFromProc('self') : process.resourceUsage().maxRSS * 1024;
}

function rootReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : asMdeployError(error);
  return cause.message;
}

function send(message: ProbeMessage): void {
  process.send?.(message);
}

if (currentRole() === 'model-probe') probeMain();
