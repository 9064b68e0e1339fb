import { phases as allPhases, type Phase } from './phases.ts';

export interface Tally {
  count: number;
  /** Milliseconds in all. */
  ms: number;
}

/** What the response cache knew and what it did not, with the time of looking and keeping. */
export interface Recalls {
  readonly hits: Tally;
  readonly misses: Tally;
}

/** What one version of a model has done since the server started, over all protocols. */
export class Totals {
  readonly success: Tally = { count: 0, ms: 0 };
  readonly failed: Tally = { count: 0, ms: 0 };
  readonly phases: Readonly<Record<Phase, Tally>> = {
    decode: { count: 0, ms: 0 },
    prepare: { count: 0, ms: 0 },
    queue: { count: 0, ms: 0 },
    run: { count: 0, ms: 0 },
    finish: { count: 0, ms: 0 },
    encode: { count: 0, ms: 0 },
  };
  /** Looks into the response cache; absent where there is none. */
  cache: Recalls | undefined;
  /** Rows of all requests that were answered; a model without a batch axis counts one per request. */
  rows = 0;
  /** Unix time in milliseconds of the last answer; 0 before the first. */
  lastAt = 0;

  /** Adds one request that reached the version. */
  add(isSuccess: boolean, ms: number, rows: number): void {
    const tally = isSuccess ? this.success : this.failed;
    tally.count += 1;
    tally.ms += ms;
    if (!isSuccess) return;
    this.rows += rows;
    this.lastAt = Date.now();
  }

  addPhase(phase: Phase, ms: number): void {
    const tally = this.phases[phase];
    tally.count += 1;
    tally.ms += ms;
  }

  /** Looks into the response cache, from the first one on, or from when it is known that there is one. */
  recalls(): Recalls {
    this.cache ??= { hits: { count: 0, ms: 0 }, misses: { count: 0, ms: 0 } };
    return this.cache;
  }

  state(): TotalsState {
    const { success, failed, phases, cache, rows, lastAt } = this;
    return { success, failed, phases, cache, rows, lastAt };
  }

  /** Adds what another process has done. */
  merge({ success, failed, phases, cache, rows, lastAt }: TotalsState): void {
    if (cache) {
      const { hits, misses } = this.recalls();
      join(hits, cache.hits);
      join(misses, cache.misses);
    }
    join(this.success, success);
    join(this.failed, failed);
    for (const phase of allPhases) join(this.phases[phase], phases[phase]);
    this.rows += rows;
    this.lastAt = Math.max(this.lastAt, lastAt);
  }
}

/** What totals hold; can be sent to another process. */
export type TotalsState = Pick<Totals, 'success' | 'failed' | 'phases' | 'cache' | 'rows' | 'lastAt'>;

function join(tally: Tally, { count, ms }: Tally): void {
  tally.count += count;
  tally.ms += ms;
}
