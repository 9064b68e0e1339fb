import { resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { openPlan } from '../repository/open-plan.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import type { Plan } from '../repository/plan.ts';
import { planFolder } from '../repository/plan-folder.ts';
import { type FlagValues, parseServeFlags } from './flags.ts';
import { isForKserve, mountedFolder, refuseKserveFlags } from './kserve-flags.ts';
import { isMultiModel, multiModelRoot } from './platform.ts';
import { countProcesses, type ProcessCount } from './processes/count.ts';
import { type CommandLine, type Start, warningsOf } from './starting.ts';
import { isForTfs, refuseTfsFlags } from './tfs-flags.ts';

/**
 * Opens what a command line of `serve` asks for: one model, several, or what flags of another server name.
 * @param found what was found there before; default: it is looked for
 * @throws MdeployError `USAGE` and as `planFolder`, `openPlan`, `startTfs`, `startKserve`
 */
export async function startOf(
  { values, target, fallback, environment }: CommandLine,
  found?: Plan,
): Promise<Start> {
  if (isForTfs(values)) {
    if (target !== undefined) {
      const problem = `--model_base_path and --model_config_file say what is served; leave out ${target}.`;
      throw failure('USAGE', { problem, verb: 'serve' }, { received: target });
    }
    refuseKserveFlags(values);
    const { startTfs } = await import('./start-tfs.ts');
    const start = await startTfs(values, found);
    return { ...start, processes: countOf(values, start.models) };
  }
  if (isForKserve(values)) {
    refuseTfsFlags({ ...values, model_name: undefined });
    const { startKserve } = await import('./start-kserve.ts');
    const { workers, ...start } = await startKserve({ values, target, fallback, environment }, found);
    return { ...start, processes: countOf({ processes: workers }, start.models) };
  }
  refuseTfsFlags(values);
  const { name, allowChanges, ...options } = parseServeFlags(values, environment);
  const root = target ?? mountedFolder(environment) ?? fallback;
  const look = () => planFolder(root, name);
  const plan = found ?? (await look());
  const models = await openPlan(plan.versions);
  const isOpen = allowChanges || isMultiModel(environment);
  const roots = [resolve(root), ...(isMultiModel(environment) ? [multiModelRoot] : [])];
  return {
    models,
    plan,
    processes: countOf(values, models),
    warnings: warningsOf(plan, models),
    options: { ...options, ...(isOpen && { changes: { plan: look, roots } }) },
  };
}

function countOf(values: FlagValues, models: readonly OpenedModel[]): ProcessCount {
  const { processes: wish } = values;
  const counted = countProcesses(typeof wish === 'string' ? wish : undefined, models);
  if (counted.count === 1 || !values.smoke) return counted;
  const problem = '--smoke starts one process; leave out --processes.';
  throw failure('USAGE', { problem, verb: 'serve' }, { field: '--processes' });
}
