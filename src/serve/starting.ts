import type { OpenedModel } from '../repository/opened-model.ts';
import type { Plan } from '../repository/plan.ts';
import type { FlagValues } from './flags.ts';
import type { Environment } from './platform.ts';
import type { ProcessCount } from './processes/count.ts';
import { renamedWarnings } from './renamed.ts';
import type { ServeOptions } from './serve.ts';

export interface CommandLine {
  readonly values: FlagValues;
  /** The MODEL argument, if one is given. */
  readonly target: string | undefined;
  /** What is served where none is given. */
  readonly fallback: string;
  readonly environment: Environment;
}

/** Everything `serve` needs, read and checked; nothing is loaded yet. */
export interface Start {
  readonly models: readonly OpenedModel[];
  /** Where they were found. */
  readonly plan: Plan;
  readonly options: ServeOptions;
  readonly warnings: readonly string[];
  readonly processes: ProcessCount;
}

/** What a person should know of the models, with their names where there are several. */
export function warningsOf(plan: Plan, models: readonly OpenedModel[]): readonly string[] {
  const own = models.flatMap(({ manifest: { name, version }, warnings }) =>
    warnings.map((warning) => (models.length === 1 ? warning : `${name}, version ${version}: ${warning}`)),
  );
  return [...plan.warnings, ...renamedWarnings(plan.versions, models), ...own];
}
