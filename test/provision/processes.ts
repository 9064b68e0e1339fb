// Knows processes by number and start time, so that a reused number is never mistaken for the old process.
import { readdir, readFile } from 'node:fs/promises';
import { pause } from './command.ts';

/** `PID START`: unique on this machine since it booted. Without /proc the start time is left out. */
export async function identify(pid: number): Promise<string> {
  const startTime = (await readStat(pid))[19] ?? '';
  return `${pid} ${startTime}`;
}

export async function isSameProcess(identity: string): Promise<boolean> {
  const pid = Number.parseInt(identity, 10);
  return isAlive(pid) && (await identify(pid)) === identity;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

export async function nameOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
}

export async function readPidFile(path: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** Processes that name `path` in their command line, and the children of these: what a killed engine leaves behind. */
export async function findFamily(path: string): Promise<number[]> {
  const family = await findByArgument(path);
  const parents = new Map<number, number>();
  for (const pid of await listProcesses()) parents.set(pid, await readParent(pid));
  // A set is walked while it grows, so children's children are reached too.
  const members = new Set(family);
  for (const member of members) for (const [pid, parent] of parents) if (parent === member) members.add(pid);
  return [...members];
}

async function findByArgument(path: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await listProcesses()) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(path)) found.push(pid);
  }
  return found;
}

async function listProcesses(): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
}

async function readParent(pid: number): Promise<number> {
  return Number((await readStat(pid))[1] ?? 0);
}

/** The fields of proc(5) from the third, the state, on: the second, the name, may hold spaces and brackets. */
async function readStat(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Asks a process to end, and insists after `graceMs`. */
export async function endProcess(pid: number, graceMs = 15_000): Promise<void> {
  const identity = await identify(pid);
  signal(pid, 'SIGTERM');
  for (const deadline = Date.now() + graceMs; await isSameProcess(identity); await pause(50)) {
    if (Date.now() < deadline) continue;
    signal(pid, 'SIGKILL');
    return;
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Already gone, which is what was wanted.
  }
}
