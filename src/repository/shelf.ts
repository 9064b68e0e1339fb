import type { ModelFacts } from './catalogue.ts';
import type { LoadedVersion } from './loaded-version.ts';

/** The right to use one loaded version; it stays loaded until every lease is released. */
export interface Lease {
  readonly version: LoadedVersion;
  release(): void;
}

/** One loaded version and how many requests are using it. */
export class Shelf implements Lease {
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

  /** Waits until every lease is back, then frees the graph and the answers that were kept. */
  async close(): Promise<void> {
    if (this.#leases > 0) await new Promise<void>((resolve) => (this.#returned = resolve));
    this.version.cache?.clear();
    await this.version.session.close();
  }
}
