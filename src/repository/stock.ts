import { asMdeployError, failure, type MdeployError } from '../core/errors/error.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { Logger } from '../observability/log.ts';
import type { ModelFacts } from './catalogue.ts';
import { type LoadOptions, loadVersion } from './load-version.ts';
import type { LoadedVersion } from './loaded-version.ts';
import { agreeServing, openNamed, openPlan } from './open-plan.ts';
import type { OpenedModel } from './opened-model.ts';
import type { Plan, PlannedVersion } from './plan.ts';
import type { Repository } from './repository.ts';

type Labels = Plan['labels'];

/** A version that was put on the desk, and where it was found. */
export interface Added {
  readonly facts: ModelFacts;
  readonly planned: PlannedVersion;
}

/** Puts versions on the desk and takes them off it, one change at a time. A change that fails changes nothing. */
export class Stock {
  readonly #desk: Repository;
  readonly #log: Logger;
  /** Model files by version, to tell what is there already. */
  readonly #files = new Map<string, string>();
  /** The manifest whose settings the server has. */
  #first: Manifest | undefined;
  /** How every model of the server is loaded: with how many processes it shares the cores. */
  #shared: Omit<LoadOptions, 'isProven'> = {};
  #change: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(desk: Repository, log: Logger) {
    this.#desk = desk;
    this.#log = log;
  }

  /**
   * Loads what the server starts with; the first that cannot be loaded ends the start.
   * @throws MdeployError as `loadVersion`
   */
  fill(models: readonly OpenedModel[], labels: Labels, options: LoadOptions): Promise<void> {
    const filled = this.#fill(models, labels, options);
    this.#change = filled.catch(() => undefined);
    return filled;
  }

  async #fill(models: readonly OpenedModel[], labels: Labels, options: LoadOptions): Promise<void> {
    this.#first = models[0]?.manifest;
    this.#shared = options;
    for (const opened of models) this.#desk.note(factsOf(opened, 'LOADING'));
    for (const opened of models) {
      const version = await loadVersion(opened, options);
      this.#put(opened, version);
      // Of one model, the server's own "ready" says the same.
      if (models.length > 1) this.#tell(version);
    }
    for (const [name, ofModel] of labels ?? []) this.#desk.label(name, ofModel);
  }

  /**
   * Loads a model of the plan anew, all its versions; versions that are not in the plan any more leave.
   * @throws MdeployError `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`
   */
  load(name: string, plan: () => Promise<Plan>): Promise<void> {
    return this.#next(name, async () => {
      const { versions, labels } = await plan();
      const opened = await openNamed(versions, name);
      if (opened.length === 0) throw failure('MODEL_NOT_FOUND', { name, models: namesOf(this.#desk) });
      await this.#replace(opened, opened, ({ name: other }) => other === name);
      this.#desk.label(name, labels?.get(name) ?? new Map());
    });
  }

  /**
   * Serves what is planned beside what is served; versions that are there from the same file stay as they are.
   * @param name of the model, or what else a client calls it, for messages
   * @param prove may refuse what was opened before any of it is loaded
   * @returns the versions that are new
   * @throws MdeployError `VERSION_SERVED_ALREADY`, `MODEL_LOAD_FAILED`, `MODEL_DOES_NOT_FIT` and those of `plan` and `prove`
   */
  add(
    name: string,
    plan: () => Promise<Plan>,
    prove: (manifest: Manifest) => void,
  ): Promise<readonly Added[]> {
    return this.#next(name, async () => {
      const { versions } = await plan();
      const all = await openPlan(versions);
      for (const { manifest } of all) prove(manifest);
      const rows = all.map((opened, index) => ({ opened, planned: versions[index]! }));
      const fileOf = ({ opened }: (typeof rows)[number]) => this.#files.get(keyOf(opened.manifest));
      const fresh = rows.filter((row) => fileOf(row) !== row.opened.modelPath);
      const taken = fresh.length === 0 ? rows[0] : fresh.find((row) => fileOf(row) !== undefined);
      if (taken) {
        const { manifest } = taken.opened;
        throw failure('VERSION_SERVED_ALREADY', { name: manifest.name, version: manifest.version });
      }
      const models = fresh.map(({ opened }) => opened);
      await this.#replace(models, models, () => false);
      return fresh.map(({ opened, planned }) => ({ facts: factsOf(opened, 'AVAILABLE'), planned }));
    });
  }

  /**
   * Takes a model off the desk, all its versions or one; requests that have begun are answered.
   * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`
   */
  unload(name: string, version?: string): Promise<void> {
    return this.#next(name, async () => {
      const found = this.#desk.find(name, version);
      for (const facts of version === undefined ? this.#desk.versions(name) : [found]) this.#remove(facts);
    });
  }

  /** Waits until what was taken off the desk is freed. */
  freed(): Promise<void> {
    return this.#desk.freed();
  }

  /** What requests without a version mean. @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND` */
  pin(name: string, version: string): void {
    this.#desk.pin(name, version);
  }

  /**
   * Serves exactly what is planned: what is served already stays, the rest is loaded, everything else leaves.
   * @throws MdeployError `MODEL_LOAD_FAILED` and those of `plan`
   */
  become(plan: () => Promise<Plan>): Promise<void> {
    return this.#next('configuration', async () => {
      const { versions, labels } = await plan();
      const wanted = await openPlan(versions);
      const fresh = wanted.filter((opened) => this.#files.get(keyOf(opened.manifest)) !== opened.modelPath);
      await this.#replace(wanted, fresh, () => true);
      for (const { manifest } of wanted)
        this.#desk.label(manifest.name, labels?.get(manifest.name) ?? new Map());
    });
  }

  /** Lets the change in progress end and refuses others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#change;
  }

  /** Loads all of `fresh`, then swaps: versions that `isTouched` and not among `wanted` leave. */
  async #replace(
    wanted: readonly OpenedModel[],
    fresh: readonly OpenedModel[],
    isTouched: (facts: ModelFacts) => boolean,
  ): Promise<void> {
    if (this.#first) agreeServing(this.#first, fresh);
    const loaded = await this.#loadAll(fresh);
    for (const [index, opened] of fresh.entries()) {
      this.#put(opened, loaded[index]!);
      this.#tell(loaded[index]!);
    }
    const kept = new Set(wanted.map(({ manifest }) => keyOf(manifest)));
    for (const facts of this.#desk.list())
      if (isTouched(facts) && !kept.has(keyOf(facts))) this.#remove(facts);
  }

  async #loadAll(models: readonly OpenedModel[]): Promise<readonly LoadedVersion[]> {
    const loaded: LoadedVersion[] = [];
    for (const opened of models) this.#desk.note(factsOf(opened, 'LOADING'));
    try {
      for (const opened of models) {
        if (this.#isClosed) throw failure('SHUTTING_DOWN', {});
        loaded.push(await loadVersion(opened, { ...this.#shared, isProven: false }));
      }
      return loaded;
    } catch (error) {
      await Promise.all(loaded.map(({ session }) => session.close()));
      const reason = asMdeployError(error).code;
      for (const opened of models) this.#desk.note({ ...factsOf(opened, 'END'), reason });
      throw error;
    }
  }

  #put(opened: OpenedModel, version: LoadedVersion): void {
    this.#files.set(keyOf(opened.manifest), opened.modelPath);
    this.#desk.add(version).catch((error: unknown) => this.#stuck(error));
  }

  #tell({ facts, engine }: LoadedVersion): void {
    this.#log.info({ model: facts.name, version: facts.version, engine }, 'loaded');
  }

  #remove(facts: ModelFacts): void {
    this.#files.delete(keyOf(facts));
    this.#desk.remove(facts.name, facts.version).then(
      () => this.#log.info({ model: facts.name, version: facts.version }, 'unloaded'),
      (error: unknown) => this.#stuck(error),
    );
  }

  #stuck(error: unknown): void {
    this.#log.error({ err: error }, 'a model could not be freed');
  }

  #next<T>(name: string, change: () => Promise<T>): Promise<T> {
    const done = this.#change.then(() => {
      if (this.#isClosed) throw failure('SHUTTING_DOWN', {});
      return change();
    });
    this.#change = done.then(
      () => undefined,
      () => undefined,
    );
    return done.catch((thrown: unknown) => {
      const error = asMdeployError(thrown);
      const { code, message } = error;
      // What a client may be told is the client's fault, and needs no stack.
      if (error.http === 500) this.#log.error({ model: name, code, err: error }, message);
      else this.#log.warn({ model: name, code }, message);
      throw shown(error, name);
    });
  }
}

// Most faults of loading speak of files on this machine.
function shown(error: MdeployError, name: string): MdeployError {
  if (error.http !== 500) return error;
  if (error.code === 'MODEL_TOO_MUCH_MEMORY')
    return failure('MODEL_DOES_NOT_FIT', { name }, { cause: error });
  return failure('MODEL_LOAD_FAILED', { name, code: error.code }, { cause: error });
}

function factsOf({ manifest }: OpenedModel, state: ModelFacts['state']): ModelFacts {
  const { name, version, description, inputs, outputs } = manifest;
  return { name, version, description, state, signature: { inputs, outputs }, labels: new Map() };
}

function namesOf(desk: Repository): string {
  return [...new Set(desk.history().map(({ name }) => name))].join(', ') || 'none';
}

function keyOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name} ${version}`;
}
