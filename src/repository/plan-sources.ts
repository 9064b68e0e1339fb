import { failure } from '../core/errors/error.ts';
import { newerFirst } from './newer-first.ts';
import { type Plan, type PlannedVersion, type VersionSettings, withSettings } from './plan.ts';
import { inFolders, versionFolders } from './plan-folder.ts';

/** Which of the version folders are served: the newest, all, or these. */
export type VersionPolicy =
  | { readonly latest: number }
  | { readonly all: true }
  | { readonly specific: readonly string[] };

/** One model as TF Serving's configuration names it. */
export interface ModelSource {
  readonly name: string;
  /** Absolute folder that holds a folder per version. */
  readonly basePath: string;
  readonly policy: VersionPolicy;
  /** Versions by label. */
  readonly labels: ReadonlyMap<string, string>;
}

export interface SourceOptions extends VersionSettings {
  /** Labels may be for versions that are not served; who asks for one is then told so. */
  readonly anyLabels?: boolean;
}

/**
 * Looks for the versions of each model.
 * @throws MdeployError `VERSION_FOLDERS_MISSING`, `VERSION_FOLDER_UNKNOWN`, `LABEL_VERSION_UNKNOWN`
 */
export async function planSources(
  sources: readonly ModelSource[],
  { anyLabels = false, ...settings }: SourceOptions = {},
): Promise<Plan> {
  const versions: PlannedVersion[] = [];
  const labels = new Map<string, ReadonlyMap<string, string>>();
  for (const source of sources) {
    const planned = await planSource(source);
    if (!anyLabels) proveLabels(source, planned);
    versions.push(...planned);
    labels.set(source.name, source.labels);
  }
  return withSettings({ versions, labels, warnings: [] }, settings);
}

async function planSource({ name, basePath, policy }: ModelSource): Promise<readonly PlannedVersion[]> {
  const all = inFolders(basePath, await versionFolders(basePath), name).sort((a, b) =>
    newerFirst(numberOf(a), numberOf(b)),
  );
  if (all.length === 0) throw failure('VERSION_FOLDERS_MISSING', { folder: basePath });
  if ('all' in policy) return all;
  if ('latest' in policy) return all.slice(0, policy.latest);
  return policy.specific.map((version) => {
    const found = all.find((planned) => numberOf(planned) === version);
    if (found) return found;
    const versions = all.map(numberOf).join(', ');
    throw failure('VERSION_FOLDER_UNKNOWN', { folder: basePath, version, versions });
  });
}

function proveLabels({ name, labels }: ModelSource, planned: readonly PlannedVersion[]): void {
  const versions = planned.map(numberOf);
  for (const [label, version] of labels) {
    if (versions.includes(version)) continue;
    throw failure('LABEL_VERSION_UNKNOWN', { name, label, version, versions: versions.join(', ') });
  }
}

function numberOf({ folder }: PlannedVersion): string {
  return folder!.version;
}
