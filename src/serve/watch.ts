import type { Metrics } from '../observability/metrics.ts';
import type { Phase } from '../observability/phases.ts';
import type { ModelFacts } from '../repository/catalogue.ts';

/** The stop-watch of one request: laps are kept as numbers and recorded once, when version and status are known. */
export class Watch {
  /** Rows the request holds; 1 for a model without a batch axis. */
  rows = 1;
  /** Whether the reply tells the laps. */
  isTold = false;
  readonly #start = performance.now();
  #last = this.#start;
  readonly #laps: [Phase, number][] = [];
  /** Whether the answer was known, and milliseconds of looking and keeping; undefined: there is no cache. */
  #recall: { readonly isHit: boolean; readonly ms: number } | undefined;

  lap(phase: Phase): void {
    const now = performance.now();
    this.#laps.push([phase, now - this.#last]);
    this.#last = now;
  }

  /** Ends a part of the road that the cache took. */
  looked(isHit: boolean): void {
    const now = performance.now();
    this.#recall = { isHit, ms: (this.#recall?.ms ?? 0) + now - this.#last };
    this.#last = now;
  }

  /** The laps so far and the whole time, milliseconds, as the value of `server-timing` (W3C Server Timing §3). */
  timing(): string {
    const laps = this.#laps.map(([phase, ms]) => `${phase};dur=${ms.toFixed(3)}`);
    const { isHit, ms = 0 } = this.#recall ?? {};
    if (isHit !== undefined) laps.push(`cache;desc=${isHit ? 'hit' : 'miss'};dur=${ms.toFixed(3)}`);
    return [...laps, `total;dur=${(performance.now() - this.#start).toFixed(3)}`].join(', ');
  }

  /** @param reached the version that took the request; undefined: it got to none */
  record(
    metrics: Metrics,
    reached: Pick<ModelFacts, 'name' | 'version'> | undefined,
    api: string,
    status: number,
  ): void {
    if (reached === undefined) {
      metrics.reject(api, status);
      return;
    }
    const meters = metrics.of(reached.name, api);
    const totals = metrics.totals(reached.name, reached.version);
    const ms = performance.now() - this.#start;
    meters.codes.set(status, (meters.codes.get(status) ?? 0) + 1);
    meters.duration.record(ms);
    totals.add(status < 400, ms, this.rows);
    for (const [phase, lap] of this.#laps) {
      meters.phases[phase].record(lap);
      totals.addPhase(phase, lap);
    }
    if (this.#recall) {
      const { isHit, ms: took } = this.#recall;
      const tally = totals.recalls()[isHit ? 'hits' : 'misses'];
      tally.count += 1;
      tally.ms += took;
    }
  }
}
