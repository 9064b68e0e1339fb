import { resolve } from 'node:path';
import type { PackagePlan } from './plan.ts';

export interface Outputs {
  /** The package folder. */
  readonly output?: string;
  /** The .tgz file. */
  readonly archive?: string;
}

/** Absolute paths of what `packageModel` would write. */
export function outputsOf(
  plan: Pick<PackagePlan, 'name' | 'version'>,
  { output, archive }: Outputs,
): Outputs {
  const folder = output ?? (archive === undefined ? topFolder(plan) : undefined);
  return {
    ...(folder !== undefined && { output: resolve(folder) }),
    ...(archive !== undefined && { archive: resolve(archive) }),
  };
}

/** What a package folder is called unless the user says otherwise; also the one folder in an archive. */
export function topFolder({ name, version }: Pick<PackagePlan, 'name' | 'version'>): string {
  return `${name}-${version}.mdeploy`;
}
