import { resolve } from 'node:path';
import { openPlan } from '../repository/open-plan.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import type { Plan } from '../repository/plan.ts';
import { planFolder } from '../repository/plan-folder.ts';
import type { ServeFlags } from './flags.ts';
import type { ServeOptions } from './serve.ts';

/** Everything `serve` needs, read and checked; nothing is loaded yet. */
export interface Start {
  readonly models: readonly OpenedModel[];
  readonly options: ServeOptions;
  readonly warnings: readonly string[];
}

/**
 * Opens what the MODEL argument of `serve` holds: one model, or several.
 * @throws MdeployError as `planFolder` and `openPlan`
 */
export async function startOf(
  target: string,
  { name, allowChanges, ...options }: ServeFlags,
): Promise<Start> {
  const look = () => planFolder(target, name);
  const plan = await look();
  const models = await openPlan(plan.versions);
  const changes = { plan: look, roots: [resolve(target)] };
  return {
    models,
    warnings: warningsOf(plan, models),
    options: { ...options, ...(allowChanges && { changes }) },
  };
}

/** What a person should know of the models, with their names where there are several. */
export function warningsOf(plan: Plan, models: readonly OpenedModel[]): readonly string[] {
  const own = models.flatMap(({ manifest: { name, version }, warnings }) =>
    warnings.map((warning) => (models.length === 1 ? warning : `${name}, version ${version}: ${warning}`)),
  );
  return [...plan.warnings, ...own];
}
