import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Resident bytes of a process; 0 once it is gone. */
export type MemorySampler = (pid: number) => number | Promise<number>;

/**
 * Tells the resident memory of a process again and again until stopped. Windows has no cheap way to ask: nothing is
 * told there.
 * @returns stops the watch
 */
export function watchMemory(
  pid: number,
  tell: (bytes: number) => void,
  sample: MemorySampler | undefined = samplers.get(process.platform),
): () => void {
  let isWatched = sample !== undefined;
  const watch = async () => {
    while (isWatched && sample) {
      const bytes = await sample(pid);
      if (isWatched) tell(bytes);
      await sleep(pollMs);
    }
  };
  void watch();
  return () => {
    isWatched = false;
  };
}

// A bomb fills 30 to 60 MB between two looks.
const pollMs = 15;

/** The kernel's own high-water mark of the program, so that no peak between two looks is missed. */
export function peakFromProc(pid: number | 'self'): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch (error) {
    if (gone.has((error as NodeJS.ErrnoException).code ?? '')) return 0;
    throw error;
  }
}

export function residentFromPs(pid: number): Promise<number> {
  return new Promise((resolve) => {
    // ps fails for a process that is gone, and what is gone needs no memory.
    execFile('ps', ['-o', 'rss=', '-p', String(pid)], (error, stdout) => {
      resolve(error ? 0 : Number(stdout.trim()) * 1024);
    });
  });
}

const gone = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

const samplers = new Map<string, MemorySampler>([
  ['linux', peakFromProc],
  ['darwin', residentFromPs],
]);
