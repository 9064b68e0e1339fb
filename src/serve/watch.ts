import type { Metrics, Phase } from '../observability/metrics.ts';

/** The stop-watch of one request: laps are kept as numbers and recorded once, when model and status are known. */
export class Watch {
  readonly #start = performance.now();
  #last = this.#start;
  readonly #laps: [Phase, number][] = [];

  lap(phase: Phase): void {
    const now = performance.now();
    this.#laps.push([phase, now - this.#last]);
    this.#last = now;
  }

  record(metrics: Metrics, model: string | undefined, api: string, status: number): void {
    if (model === undefined) {
      metrics.reject(api, status);
      return;
    }
    const meters = metrics.of(model, api);
    meters.codes.set(status, (meters.codes.get(status) ?? 0) + 1);
    meters.duration.record(performance.now() - this.#start);
    for (const [phase, ms] of this.#laps) meters.phases[phase].record(ms);
  }
}
