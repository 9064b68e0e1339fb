import { failure } from '../core/errors/error.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { ModelFacts } from '../repository/catalogue.ts';
import { type Plan, type PlannedVersion, withSettings } from '../repository/plan.ts';
import { planPlace } from '../repository/plan-folder.ts';
import { type ModelSource, planSources, type SourceOptions } from '../repository/plan-sources.ts';
import type { Stock } from '../repository/stock.ts';
import { findPlace, isInside } from './model-place.ts';

/** What clients may change of what is served. */
export interface Changes {
  /** @throws MdeployError `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`, `MODEL_DOES_NOT_FIT` */
  load(name: string): Promise<void>;
  /** All versions, or one. @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND` */
  unload(name: string, version?: string): Promise<void>;
  /** Waits until what was unloaded is freed. */
  freed(): Promise<void>;
  /** Serves exactly these. @throws MdeployError `BASE_PATH_OUTSIDE`, `LABEL_VERSION_UNKNOWN`, `MODEL_LOAD_FAILED` */
  become(sources: readonly ModelSource[]): Promise<void>;
  /**
   * Serves one more model, or more versions of one.
   * @returns the versions that are new
   * @throws MdeployError `MODEL_URL_UNKNOWN`, `VERSION_SERVED_ALREADY`, `REQUEST_INVALID`, `MODEL_LOAD_FAILED`,
   * `MODEL_DOES_NOT_FIT` and what `prove` throws
   */
  add(model: NewModel): Promise<readonly ModelFacts[]>;
  /** What requests without a version mean. @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND` */
  setDefault(name: string, version: string): Promise<void>;
  /** Whether `add` brought it. */
  isAdded(facts: Pick<ModelFacts, 'name' | 'version'>): boolean;
}

export interface NewModel {
  /** Path below one of the folders of the start, from there or absolute. */
  readonly url: string;
  /** Served name instead of the manifest's or folder's; already proven against its grammar. */
  readonly name?: string;
  /** May refuse what was found before it is loaded. */
  prove?(manifest: Manifest): void;
}

export interface ChangeOptions extends SourceOptions {
  /** What the server was told to serve, looked at again. */
  plan(): Promise<Plan>;
  /** Absolute folders; nothing outside them is ever read because a client names it. */
  readonly roots: readonly string[];
}

interface AddedVersion {
  readonly name: string;
  readonly version: string;
  readonly planned: PlannedVersion;
}

/** Changes of a server that was started with them allowed. */
export function makeChanges(
  stock: Pick<Stock, 'load' | 'unload' | 'freed' | 'become' | 'add' | 'pin'>,
  { plan, roots, ...options }: ChangeOptions,
): Changes {
  const { anyLabels: _, ...settings } = options;
  let current = plan;
  let added: readonly AddedVersion[] = [];
  const look = async (): Promise<Plan> => {
    const found = await current();
    return { ...found, versions: [...found.versions, ...added.map(({ planned }) => planned)] };
  };
  return {
    load: (name) => stock.load(name, look),
    unload: async (name, version) => {
      await stock.unload(name, version);
      added = added.filter((one) => one.name !== name || (version ?? one.version) !== one.version);
    },
    freed: () => stock.freed(),
    become: async (sources) => {
      for (const { basePath } of sources)
        if (!(await isInside(basePath, roots))) throw failure('BASE_PATH_OUTSIDE', { path: basePath });
      const next = () => planSources(sources, options);
      await stock.become(next);
      current = next;
      added = [];
    },
    add: async ({ url, name, prove = () => undefined }) => {
      const place = await findPlace(url, roots);
      const placed = async () => withSettings(await planPlace(place, name), settings);
      const fresh = await stock.add(name ?? url, placed, prove);
      added = [...added, ...fresh.map(({ facts, planned }) => ({ ...keyOf(facts), planned }))];
      return fresh.map(({ facts }) => facts);
    },
    setDefault: async (name, version) => stock.pin(name, version),
    isAdded: ({ name, version }) => added.some((one) => one.name === name && one.version === version),
  };
}

/** @throws MdeployError `FEATURE_UNSUPPORTED` unless the server allows changes */
export function allowed(changes: Changes | undefined, feature: string): Changes {
  return changes ?? refuseChange(feature);
}

/**
 * Changing what a server runs is nothing that a port offers unasked.
 * @param feature what is asked for, such as `Loading a model`
 * @throws MdeployError `FEATURE_UNSUPPORTED`, always
 */
export function refuseChange(feature: string): never {
  const instead = 'Start the server with the models it is to serve, or with --allow-repository-changes.';
  throw failure('FEATURE_UNSUPPORTED', { feature: `${feature} over this port`, instead });
}

function keyOf({ name, version }: ModelFacts): Pick<ModelFacts, 'name' | 'version'> {
  return { name, version };
}
