import { join } from 'node:path';
import type { RecipeName } from '../manifest/defaults.ts';
import { type Environment, ensureEnvironment } from '../python/environment.ts';
import { readLock } from '../python/lock.ts';
import type { EnvironmentOptions } from '../python/options.ts';
import type { GraphSource } from '../runtime/graph-source.ts';
import type { Court } from './judge.ts';
import type { Made } from './made.ts';
import { makeInPython } from './make-in-python.ts';
import { makeInRuntime } from './make-in-runtime.ts';
import type { Recipe } from './recipe.ts';

export interface MakeAllOptions extends EnvironmentOptions {
  /** The model as makers can take it: its path is a file that is whole by itself, or with its external data beside it. */
  readonly model: GraphSource;
  /** As it was typed. */
  readonly target: string;
  /** Where variants are written. */
  readonly work: string;
  readonly prune: number;
  readonly channels: number;
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
}

export interface AllMade {
  readonly made: readonly Made[];
  /** Of the Python tools; empty when none was needed. */
  readonly versions: Readonly<Record<string, string>>;
  readonly environment: Environment | null;
}

/** Makes every variant that was asked for. @throws MdeployError of the python area; `OPTIMIZE_MAKER_FAILED` */
export async function makeAll(
  recipes: readonly Recipe[],
  options: MakeAllOptions,
  { evidence, caps }: Court,
): Promise<AllMade> {
  const made: Made[] = [];
  for (const { name } of recipes.filter(({ maker }) => maker === 'runtime')) {
    options.progress(`Making ${name}`);
    made.push(await makeInRuntime(name as 'folded' | 'fused', options.model, options.work, caps));
  }
  const rest = recipes.filter(({ maker }) => maker === 'python');
  if (rest.length === 0) return { made, versions: {}, environment: null };
  const environment = await ensureEnvironment(await readLock('onnx'), options);
  const asked = rest.map(({ name }) => ({ name, ...shareOf(name, options) }));
  const run = await makeInPython(options.model.path, options.work, asked, evidence.calibration, {
    ...options,
    python: environment.python,
    file: options.target,
    home: join(options.work, '..', 'home'),
  });
  return { made: [...made, ...run.made], versions: run.versions, environment };
}

function shareOf(name: RecipeName, { prune, channels }: MakeAllOptions): { share?: number } {
  if (name === 'pruned') return { share: prune };
  return name === 'fewer-channels' ? { share: channels } : {};
}
