import type { Manifest } from '../manifest/manifest.ts';

/** What a start asks for every model it serves. */
export interface VersionSettings {
  /** Threads for one operator; wins over the manifest's. */
  readonly intraOpThreads?: number;
  /** Protocol that a model without a manifest speaks before the others. */
  readonly speaksFirst?: Manifest['serving']['protocols'][number];
}

/** One version that is to be served. */
export interface PlannedVersion extends VersionSettings {
  /** A MODEL argument of `openModel`. */
  readonly path: string;
  /** Served name that was asked for; wins over the manifest's. */
  readonly name?: string;
  /** What the folders it lies in, `MODEL/VERSION`, call it; a manifest must not say otherwise. */
  readonly folder?: { readonly model: string; readonly version: string };
}

/** What is to be served, before any of it is opened. */
export interface Plan {
  readonly versions: readonly PlannedVersion[];
  readonly warnings: readonly string[];
  /** Labels of each model's versions, by its name. */
  readonly labels?: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** The plan with the same settings for all of its versions. */
export function withSettings(plan: Plan, settings: VersionSettings): Plan {
  return { ...plan, versions: plan.versions.map((version) => ({ ...version, ...settings })) };
}
