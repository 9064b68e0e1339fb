import { availableParallelism, totalmem } from 'node:os';
import { failure } from '../../core/errors/error.ts';
import { showSize } from '../../core/units.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import type { OpenedModel } from '../../repository/opened-model.ts';

export interface ProcessCount {
  readonly count: number;
  /** Why, and what they will need, in words. */
  readonly reason: string;
}

/** Node and the runtime, before any model. */
const bareBytes = 100e6;

/** What a graph takes in memory for each byte of its file: the weights, and copies of them laid out for the kernels. */
const bytesPerFileByte = 2;

const mostProcesses = 64;

/** What a process reads of a model to tell the memory it will need. */
type Sized = Pick<OpenedModel, 'onnx'> & { readonly manifest?: Pick<Manifest, 'serving'> };

/**
 * How many processes serve. `auto`: one per core that this container or machine gives, fewer where their memory would
 * not fit in three quarters of it.
 * @param wish value of `--processes`
 * @throws MdeployError `USAGE`
 */
export function countProcesses(
  wish: string | undefined,
  models: readonly Sized[],
  machine: Machine = thisMachine(),
): ProcessCount {
  const each = models.reduce((sum, model) => sum + bytesOf(model), bareBytes);
  const told = (count: number, why: string) => ({
    count,
    reason: `${why}; about ${showSize(each)} each, ${showSize(count * each)} in all`,
  });
  if (wish === undefined) return told(1, 'one process');
  if (wish !== 'auto') {
    const count = Number(wish);
    if (/^\d{1,2}$/.test(wish) && count >= 1 && count <= mostProcesses)
      return told(count, 'as --processes says');
    const expected = `auto, or a whole number from 1 to ${mostProcesses}`;
    const problem = `--processes takes ${expected}, not "${wish}".`;
    throw failure('USAGE', { problem, verb: 'serve' }, { field: '--processes', expected, received: wish });
  }
  const { cores, memoryBytes } = machine;
  const fitting = Math.max(1, Math.floor((0.75 * memoryBytes) / each));
  return fitting < cores
    ? told(fitting, `no more fit in ${showSize(memoryBytes)}`)
    : told(Math.min(cores, mostProcesses), `one per core of ${cores}`);
}

function bytesOf({ onnx, manifest }: Sized): number {
  return bytesPerFileByte * onnx.fileBytes + (manifest?.serving.response_cache?.max_bytes ?? 0);
}

export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
}

// Both know the limits of the container.
function thisMachine(): Machine {
  const limit = process.constrainedMemory();
  return { cores: availableParallelism(), memoryBytes: limit > 0 ? Math.min(limit, totalmem()) : totalmem() };
}
