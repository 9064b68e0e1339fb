import type { Outcome } from './client.ts';
import { Histogram } from './histogram.ts';

/** Ten thousand units in a millisecond: exact to 0.1 µs below 205 µs, and room for 429 s. */
const perMs = 10_000;

export const percentiles = { p50: 50, p90: 90, p95: 95, p99: 99, p99_9: 99.9 } as const;

/** Milliseconds. */
export type Latency = Readonly<Record<keyof typeof percentiles | 'mean' | 'max', number>>;

/** What the answers of one window were: their times, their statuses, the first and the last. */
export class Tally {
  readonly #latency = new Histogram();
  readonly #service = new Histogram();
  readonly errors = new Map<string, number>();
  first: Outcome | undefined;
  last: Outcome | undefined;
  /** Clock of the last answer, milliseconds. */
  endedAt = 0;

  /**
   * @param intendedAt when the request should have been sent; `sentAt` when it was; both in milliseconds
   */
  add(outcome: Outcome, intendedAt: number, sentAt: number, now: number): void {
    this.endedAt = now;
    if (outcome.status !== 200) {
      const key = String(outcome.status);
      this.errors.set(key, (this.errors.get(key) ?? 0) + 1);
      return;
    }
    this.#latency.record((now - intendedAt) * perMs);
    this.#service.record((now - sentAt) * perMs);
    this.first ??= outcome;
    this.last = outcome;
  }

  /** Answers with status 200. */
  get answered(): number {
    return this.#latency.total;
  }

  get failed(): number {
    return [...this.errors.values()].reduce((sum, count) => sum + count, 0);
  }

  /** From when a request should have been sent, so that one slow answer is not hidden by those it held up. */
  latency(): Latency {
    return latencyOf(this.#latency);
  }

  /** From when a request was sent. */
  service(): Latency {
    return latencyOf(this.#service);
  }

  /** Latency in milliseconds by percent, from the median outwards, for a curve. */
  curve(): readonly (readonly [percent: number, ms: number])[] {
    return curvePercents
      .filter((percent) => this.answered * (1 - percent / 100) >= 1)
      .map((percent) => [percent, ms(this.#latency.percentile(percent))] as const);
  }
}

const curvePercents = [0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.999];

function latencyOf(histogram: Histogram): Latency {
  const at = Object.entries(percentiles).map(([name, percent]) => [name, ms(histogram.percentile(percent))]);
  return { ...Object.fromEntries(at), mean: ms(histogram.mean), max: ms(histogram.max) } as Latency;
}

function ms(units: number): number {
  return Math.round(units) / perMs;
}
