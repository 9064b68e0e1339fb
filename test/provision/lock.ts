// One process at a time: a lock file that a crashed holder cannot keep.
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { pause } from './command.ts';
import { identify, isSameProcess } from './processes.ts';

const pollMs = 150;
const breakerMaxAgeMs = 10_000;

/** Runs `work` while no other process or thread of this machine runs work of the same name. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = join(await cacheFolder('locks'), `${name}.lock`);
  while (!(await tryCreate(path))) {
    await breakIfStale(path);
    await pause(pollMs);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryCreate(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(await identify(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function breakIfStale(path: string): Promise<void> {
  if (await isHeld(path)) return;
  // Two waiters may judge the same lock stale; only the one with the breaker may remove it, after a second look.
  const breaker = `${path}.breaker`;
  if (!(await tryCreate(breaker))) {
    const age = Date.now() - (await modifiedMs(breaker));
    if (age > breakerMaxAgeMs) await rm(breaker, { force: true });
    return;
  }
  try {
    if (!(await isHeld(path))) await removeLock(path);
  } finally {
    await rm(breaker, { force: true });
  }
}

async function isHeld(path: string): Promise<boolean> {
  try {
    const holder = await readFile(path, 'utf8');
    // Empty means created a moment ago and not yet signed, or its maker died in that moment.
    if (holder === '') return Date.now() - (await modifiedMs(path)) < breakerMaxAgeMs;
    return await isSameProcess(holder);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return true;
    throw error;
  }
}

async function removeLock(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
}

async function modifiedMs(path: string): Promise<number> {
  return stat(path).then(
    (info) => info.mtimeMs,
    () => Date.now(),
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
