import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface Started {
  readonly url: string;
  /** Milliseconds from spawn to the first 200 of `ready`. */
  readonly startMs: number;
  /** Resident bytes of the process and its children. */
  rss(): number;
  /** The same, with pages that several processes share counted in parts. */
  pss(): number;
  /** User and system time of the process and its children, milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Path that answers 200 when the server is ready. */
  readonly ready: string;
  /** Posted there; default: it is got. */
  readonly body?: string;
}

/** Starts a server on a free loopback port and waits until `ready` answers 200. */
export async function start(
  command: readonly string[],
  { env, ready, body }: StartOptions,
): Promise<Started> {
  const port = await freePort();
  const fill = (text: string) => text.replaceAll('{port}', String(port));
  const begun = performance.now();
  const child = spawn(fill(command[0]!), command.slice(1).map(fill), {
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', ...mapValues(env, fill) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await until(`${url}${ready}`, body, child);
  const startMs = performance.now() - begun;
  return {
    url,
    startMs,
    rss: () => sum(family(child.pid!), (pid) => statusBytes(pid, 'VmRSS')),
    pss: () => sum(family(child.pid!), pssBytes),
    cpuMs: () => sum(family(child.pid!), cpuOf),
    stop: () => stop(child),
  };
}

async function until(url: string, body: string | undefined, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 6000; attempt++) {
    if (child.exitCode !== null)
      throw new Error(`the server ended with ${child.exitCode} before it was ready`);
    try {
      const answer = await fetch(url, body === undefined ? {} : { method: 'POST', body });
      await answer.arrayBuffer();
      if (answer.ok) return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await pause(5);
  }
  throw new Error(`${url} was not ready in time`);
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(family)];
}

function statusBytes(pid: number, key: string): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${key}:`));
  return Number(/\d+/.exec(line ?? '')?.[0] ?? 0) * 1024;
}

function pssBytes(pid: number): number {
  const line = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    .split('\n')
    .find((text) => text.startsWith('Pss:'));
  return Number(/\d+/.exec(line ?? '')?.[0] ?? 0) * 1024;
}

// proc(5): fields 14 and 15 of stat, in ticks of 10 ms; the name in brackets may hold spaces.
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function mapValues(
  record: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
