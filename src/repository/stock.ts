import { asMdeployError, failure } from '../core/errors/error.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { Logger } from '../observability/log.ts';
import type { ModelFacts } from './catalogue.ts';
import { type LoadOptions, loadVersion } from './load-version.ts';
import type { LoadedVersion } from './loaded-version.ts';
import { agreeServing, openNamed, openPlan } from './open-plan.ts';
import type { OpenedModel } from './opened-model.ts';
import type { Plan } from './plan.ts';
import type { Repository } from './repository.ts';

type Labels = Plan['labels'];

/** Puts versions on the desk and takes them off it, one change at a time. A change that fails changes nothing. */
export class Stock {
  readonly #desk: Repository;
  readonly #log: Logger;
  /** Model files by version, to tell what is there already. */
  readonly #files = new Map<string, string>();
  /** The manifest whose settings the server has. */
  #first: Manifest | undefined;
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
  async fill(models: readonly OpenedModel[], labels: Labels, options: LoadOptions): Promise<void> {
    this.#first = models[0]?.manifest;
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
   * Takes a model off the desk, all its versions; requests that have begun are answered.
   * @throws MdeployError `MODEL_NOT_FOUND`
   */
  unload(name: string): Promise<void> {
    return this.#next(name, async () => {
      this.#desk.find(name);
      for (const facts of this.#desk.versions(name)) this.#remove(facts);
    });
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
        loaded.push(await loadVersion(opened, { isProven: false }));
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

  #next(name: string, change: () => Promise<void>): Promise<void> {
    const done = this.#change.then(async () => {
      if (this.#isClosed) throw failure('SHUTTING_DOWN', {});
      await change();
    });
    this.#change = done.catch(() => undefined);
    return done.catch((thrown: unknown) => {
      const error = asMdeployError(thrown);
      this.#log.error({ model: name, code: error.code, err: error }, error.message);
      // Most faults of loading speak of files on this machine.
      throw error.http === 500
        ? failure('MODEL_LOAD_FAILED', { name, code: error.code }, { cause: error })
        : error;
    });
  }
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
