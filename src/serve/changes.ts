import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { failure } from '../core/errors/error.ts';
import type { Plan } from '../repository/plan.ts';
import { type ModelSource, planSources, type SourceOptions } from '../repository/plan-sources.ts';
import type { Stock } from '../repository/stock.ts';

/** What clients may change of what is served. */
export interface Changes {
  /** @throws MdeployError `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED` */
  load(name: string): Promise<void>;
  /** @throws MdeployError `MODEL_NOT_FOUND` */
  unload(name: string): Promise<void>;
  /** Serves exactly these. @throws MdeployError `BASE_PATH_OUTSIDE`, `LABEL_VERSION_UNKNOWN`, `MODEL_LOAD_FAILED` */
  become(sources: readonly ModelSource[]): Promise<void>;
}

export interface ChangeOptions extends SourceOptions {
  /** What the server was told to serve, looked at again. */
  plan(): Promise<Plan>;
  /** Absolute folders; nothing outside them is ever read because a client names it. */
  readonly roots: readonly string[];
}

/** Changes of a server that was started with them allowed. */
export function makeChanges(
  stock: Pick<Stock, 'load' | 'unload' | 'become'>,
  { plan, roots, ...options }: ChangeOptions,
): Changes {
  let current = plan;
  return {
    load: (name) => stock.load(name, () => current()),
    unload: (name) => stock.unload(name),
    become: async (sources) => {
      for (const { basePath } of sources) await proveInside(basePath, roots);
      const next = () => planSources(sources, options);
      await stock.become(next);
      current = next;
    },
  };
}

async function proveInside(basePath: string, roots: readonly string[]): Promise<void> {
  // A link inside may lead outside.
  const real = await realpath(basePath).catch(() => undefined);
  for (const root of roots) {
    const realRoot = await realpath(root).catch(() => root);
    if (real?.startsWith(realRoot.endsWith(sep) ? realRoot : `${realRoot}${sep}`)) return;
  }
  throw failure('BASE_PATH_OUTSIDE', { path: basePath });
}
