import { failure } from '../core/errors/error.ts';
import type { Catalogue, ModelFacts } from './catalogue.ts';
import type { LoadedVersion } from './loaded-version.ts';
import { newerFirst } from './newer-first.ts';
import { type Lease, Shelf } from './shelf.ts';

interface Model {
  readonly shelves: Map<string, Shelf>;
  /** What a request without a version means: the pinned version, or the newest. */
  usual: Shelf;
  pinned: string | undefined;
  /** Versions by label. */
  labels: ReadonlyMap<string, string>;
}

/** The desk: which model, which version. Names are looked up in a table and never reach a path. */
export class Repository implements Catalogue {
  readonly #models = new Map<string, Model>();
  readonly #history = new Map<string, ModelFacts>();
  readonly #leaving = new Set<Promise<void>>();

  /**
   * Puts a version on its shelf.
   * @returns when the one that was there under the same number, and gets no more requests, has been freed
   */
  async add(version: LoadedVersion): Promise<void> {
    const { facts } = version;
    const shelf = new Shelf(version);
    const model = this.#models.get(facts.name) ?? {
      shelves: new Map(),
      usual: shelf,
      pinned: undefined,
      labels: noLabels,
    };
    const replaced = model.shelves.get(facts.version);
    model.shelves.set(facts.version, shelf);
    model.usual = usualOf(model);
    this.#models.set(facts.name, model);
    this.#history.set(keyOf(facts), facts);
    if (replaced) await this.#retire(replaced);
  }

  /**
   * Takes a version off its shelf: no request gets to it any more, those that have are answered.
   * @returns when its graph is freed
   */
  async remove(name: string, version: string): Promise<void> {
    const model = this.#models.get(name);
    const shelf = model?.shelves.get(version);
    if (!model || !shelf) return;
    model.shelves.delete(version);
    if (model.pinned === version) model.pinned = undefined;
    if (model.shelves.size === 0) this.#models.delete(name);
    else model.usual = usualOf(model);
    const key = keyOf(shelf.facts);
    const leaving: ModelFacts = { ...shelf.facts, state: 'UNLOADING' };
    this.#history.set(key, leaving);
    await this.#retire(shelf);
    // It may have been loaded again meanwhile.
    if (this.#history.get(key) === leaving)
      this.#history.set(key, { ...leaving, state: 'END', reason: 'unloaded' });
  }

  /** Notes that a version is being loaded (`LOADING`), or why it is not served (`END`); a version on its shelf stays as it is. */
  note(facts: ModelFacts): void {
    if (!this.#models.get(facts.name)?.shelves.has(facts.version)) this.#history.set(keyOf(facts), facts);
  }

  /** Forgets what was noted of a version that is not served. */
  forget({ name, version }: Pick<ModelFacts, 'name' | 'version'>): void {
    if (!this.#models.get(name)?.shelves.has(version)) this.#history.delete(keyOf({ name, version }));
  }

  /** The labels of a model, in place of those it had. */
  label(name: string, labels: ReadonlyMap<string, string>): void {
    const model = this.#models.get(name);
    if (model) model.labels = labels;
  }

  /**
   * Makes a version what requests without one mean, until it is gone; then it is the newest again.
   * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`
   */
  pin(name: string, version: string): void {
    const shelf = this.#shelf(name, version);
    const model = this.#models.get(name)!;
    model.pinned = version;
    model.usual = shelf;
  }

  /** @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `LABEL_NOT_FOUND` */
  lease(name: string, version?: string, label?: string): Lease {
    return this.#shelf(name, version, label).lease();
  }

  /** What is on the shelves. */
  loaded(): readonly LoadedVersion[] {
    return [...this.#shelves()].map((shelf) => shelf.version);
  }

  list(): readonly ModelFacts[] {
    return [...this.#shelves()].map((shelf) => shelf.facts);
  }

  versions(name: string): readonly ModelFacts[] {
    const shelves = [...(this.#models.get(name)?.shelves.values() ?? [])];
    return shelves.map((shelf) => shelf.facts).sort((a, b) => newerFirst(a.version, b.version));
  }

  history(): readonly ModelFacts[] {
    return [...this.#history.values()];
  }

  find(name: string, version?: string, label?: string): ModelFacts {
    return this.#shelf(name, version, label).facts;
  }

  only(): ModelFacts {
    const names = [...this.#models.keys()];
    if (names.length === 1) return this.find(names[0]!);
    throw failure('MODEL_AMBIGUOUS', { count: names.length, models: names.join(', ') || 'none' });
  }

  /** Waits until what has left its shelf is freed. */
  async freed(): Promise<void> {
    await Promise.all(this.#leaving);
  }

  /** Waits until every lease is back, then frees every graph. */
  async close(): Promise<void> {
    const shelves = [...this.#shelves()];
    this.#models.clear();
    await Promise.all([...this.#leaving, ...shelves.map((shelf) => shelf.close())]);
  }

  #shelf(name: string, version?: string, label?: string): Shelf {
    const model = this.#models.get(name);
    if (!model) {
      throw failure('MODEL_NOT_FOUND', { name, models: [...this.#models.keys()].join(', ') || 'none' });
    }
    if (label !== undefined) return labelled(name, model, label);
    if (version === undefined) return model.usual;
    const shelf = model.shelves.get(version);
    if (shelf) return shelf;
    throw failure('VERSION_NOT_FOUND', { name, version, versions: [...model.shelves.keys()].join(', ') });
  }

  *#shelves(): Generator<Shelf> {
    for (const { shelves } of this.#models.values()) yield* shelves.values();
  }

  #retire(shelf: Shelf): Promise<void> {
    const leaving = shelf.close().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    return leaving;
  }
}

const noLabels: ReadonlyMap<string, string> = new Map();

function labelled(name: string, { shelves, labels }: Model, label: string): Shelf {
  const shelf = shelves.get(labels.get(label) ?? '');
  if (shelf) return shelf;
  throw failure('LABEL_NOT_FOUND', { name, label, labels: [...labels.keys()].join(', ') || 'none' });
}

function usualOf({ shelves, pinned }: Model): Shelf {
  const [first, ...others] = shelves.values();
  const kept = shelves.get(pinned ?? '');
  if (kept) return kept;
  return others.reduce(
    (best, shelf) => (newerFirst(shelf.facts.version, best.facts.version) < 0 ? shelf : best),
    first!,
  );
}

function keyOf({ name, version }: Pick<ModelFacts, 'name' | 'version'>): string {
  return `${name} ${version}`;
}
