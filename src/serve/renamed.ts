import { basename, dirname, parse } from 'node:path';
import { fitModelName } from '../core/names.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import type { PlannedVersion } from '../repository/plan.ts';

/**
 * Models that are named after a file or folder, by another name than it has: a sentence each.
 * @param models the versions, opened, in their order
 */
export function renamedWarnings(
  versions: readonly PlannedVersion[],
  models: readonly OpenedModel[],
): readonly string[] {
  const told = versions.flatMap((version, index) => renamed(version, models[index]!) ?? []);
  return [...new Set(told)];
}

function renamed(version: PlannedVersion, { manifest, manifestFile, modelPath }: OpenedModel) {
  if (version.name !== undefined || manifestFile !== undefined) return undefined;
  const { name } = manifest;
  const names = namesOf(version, modelPath);
  const original = names.includes(name) ? undefined : names.find((known) => fitModelName(known) === name);
  if (original === undefined) return undefined;
  return `"${original}" is served as ${name}: names of models have letters, digits and . _ - only.`;
}

// Files and folders that may have named it.
function namesOf({ path, folder }: PlannedVersion, modelPath: string): readonly string[] {
  if (folder) return [basename(/^\d+$/.test(basename(path)) ? dirname(path) : path)];
  const stem = parse(modelPath).name;
  const parent = basename(dirname(modelPath));
  return /^model$/i.test(stem) ? [parent] : [stem, parent];
}
