import { failure } from '../core/errors/error.ts';
import type { Catalogue, ModelFacts } from './catalogue.ts';
import type { LoadedVersion } from './loaded-version.ts';

/** The right to use one loaded version; it stays loaded until every lease is released. */
export interface Lease {
  readonly version: LoadedVersion;
  release(): void;
}

/** The desk: which model, which version. Names are looked up in a table and never reach a path. */
export class Repository implements Catalogue {
  readonly #models = new Map<string, Map<string, Shelf>>();

  add(version: LoadedVersion): void {
    const { name } = version.facts;
    const versions = this.#models.get(name) ?? new Map<string, Shelf>();
    versions.set(version.facts.version, new Shelf(version));
    this.#models.set(name, versions);
  }

  /** @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `LABEL_NOT_FOUND` */
  lease(name: string, version?: string, label?: string): Lease {
    return this.#shelf(name, version, label).lease();
  }

  list(): readonly ModelFacts[] {
    return [...this.#models.values()].flatMap((versions) =>
      [...versions.values()].map((shelf) => shelf.facts),
    );
  }

  versions(name: string): readonly ModelFacts[] {
    const shelves = [...(this.#models.get(name)?.values() ?? [])];
    return shelves.map((shelf) => shelf.facts).sort((a, b) => newerFirst(a.version, b.version));
  }

  find(name: string, version?: string, label?: string): ModelFacts {
    return this.#shelf(name, version, label).facts;
  }

  only(): ModelFacts {
    const names = [...this.#models.keys()];
    if (names.length === 1) return this.find(names[0]!);
    throw failure('MODEL_AMBIGUOUS', { count: names.length, models: names.join(', ') || 'none' });
  }

  /** Waits until every lease is back, then frees every graph. */
  async close(): Promise<void> {
    const shelves = [...this.#models.values()].flatMap((versions) => [...versions.values()]);
    this.#models.clear();
    await Promise.all(shelves.map((shelf) => shelf.close()));
  }

  #shelf(name: string, version?: string, label?: string): Shelf {
    const versions = this.#models.get(name);
    if (!versions) {
      throw failure('MODEL_NOT_FOUND', { name, models: [...this.#models.keys()].join(', ') || 'none' });
    }
    if (label !== undefined) throw failure('LABEL_NOT_FOUND', { name, label, labels: 'none' });
    if (version === undefined) return newest(versions);
    const shelf = versions.get(version);
    if (shelf) return shelf;
    throw failure('VERSION_NOT_FOUND', { name, version, versions: [...versions.keys()].join(', ') });
  }
}

class Shelf implements Lease {
  readonly version: LoadedVersion;
  readonly facts: ModelFacts;
  #leases = 0;
  #returned: (() => void) | undefined;

  constructor(version: LoadedVersion) {
    this.version = version;
    this.facts = version.facts;
  }

  // The shelf itself is every lease: counting suffices, and the hot path allocates nothing.
  lease(): Lease {
    this.#leases += 1;
    return this;
  }

  release(): void {
    this.#leases -= 1;
    if (this.#leases === 0) this.#returned?.();
  }

  async close(): Promise<void> {
    if (this.#leases > 0) await new Promise<void>((resolve) => (this.#returned = resolve));
    await this.version.session.close();
  }
}

function newest(versions: ReadonlyMap<string, Shelf>): Shelf {
  let best: Shelf | undefined;
  for (const shelf of versions.values()) {
    if (!best || newerFirst(shelf.facts.version, best.facts.version) < 0) best = shelf;
  }
  return best!;
}

/** Integers and semantic versions by their numbers; a pre-release is older than its release. */
export function newerFirst(a: string, b: string): number {
  const [aCore = '', aPre] = split(a);
  const [bCore = '', bPre] = split(b);
  const byNumbers = compareNumbers(bCore, aCore);
  if (byNumbers !== 0) return byNumbers;
  if (aPre === undefined || bPre === undefined)
    return Number(aPre !== undefined) - Number(bPre !== undefined);
  return comparePre(bPre, aPre);
}

// semver.org §11.4: number by number, text by ASCII, numbers before texts, a prefix before what goes on.
function comparePre(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i]!, right[i]!];
    if (x === y) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (isNumber && isOtherNumber) return Number(x) - Number(y);
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

function split(version: string): [string, string?] {
  const dash = version.indexOf('-');
  return dash < 0 ? [version] : [version.slice(0, dash), version.slice(dash + 1)];
}

function compareNumbers(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
