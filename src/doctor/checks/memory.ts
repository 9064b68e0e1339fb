import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { showSize } from '../../core/units.ts';
import type { DoctorCheck } from '../check.ts';

// Node and the runtime with a tiny model take 85 MB, the process that tries models out another 120.
const leastBytes = 256e6;

export const memory: DoctorCheck = {
  name: 'memory',
  run: async ({ root }) => {
    const limit = await cgroupLimit(root);
    const bytes = Math.min(limit ?? Number.POSITIVE_INFINITY, totalmem());
    const cores = availableParallelism();
    const source = bytes === limit ? 'of the container' : 'of the machine';
    const finding = `${showSize(bytes)} (${source}), ${cores} ${cores === 1 ? 'core' : 'cores'}`;
    if (bytes >= leastBytes) return { verdict: 'ok', finding, remedy: '' };
    const remedy = `Give it ${showSize(leastBytes)} or more: a server and the process that tries models out need that.`;
    return { verdict: 'warning', finding: `${finding} is little`, remedy };
  },
};

/** The smallest of cgroup v2 and v1 limits; undefined without any. v1 writes "no limit" as a huge number. */
async function cgroupLimit(root: string): Promise<number | undefined> {
  const files = ['sys/fs/cgroup/memory.max', 'sys/fs/cgroup/memory/memory.limit_in_bytes'];
  const limits: number[] = [];
  for (const file of files) {
    const text = await readFile(join(root, file), 'utf8').catch(absent);
    const bytes = Number(text?.trim() || Number.NaN);
    if (Number.isFinite(bytes) && bytes < 2 ** 62) limits.push(bytes);
  }
  return limits.length === 0 ? undefined : Math.min(...limits);
}

// Another system, another cgroup version, or a sandbox that hides them: no limit is known.
function absent(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(error.code ?? '')) throw error;
}
