/** Upper bounds in seconds: 25 µs to 10 s, roughly ×2, so that both a tiny model and a slow one can be read. */
const bounds = [
  0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5, 10,
] as const;

/** What a histogram holds; can be sent to another process. */
export interface HistogramState {
  /** Per bucket, not cumulative. */
  readonly counts: Float64Array;
  /** Seconds. */
  readonly sum: number;
}

/** A Prometheus histogram that costs one scan of 18 numbers to record; no labels are hashed on the hot path. */
export class Histogram {
  readonly #counts = new Float64Array(bounds.length + 1);
  #sum = 0;

  /** @param ms milliseconds */
  record(ms: number): void {
    const seconds = ms / 1000;
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
    this.#counts[bucket]! += 1;
    this.#sum += seconds;
  }

  state(): HistogramState {
    return { counts: this.#counts.slice(), sum: this.#sum };
  }

  add({ counts, sum }: HistogramState): void {
    for (let bucket = 0; bucket < counts.length; bucket++) this.#counts[bucket]! += counts[bucket]!;
    this.#sum += sum;
  }

  /**
   * Lines of the text exposition format 0.0.4 without HELP and TYPE. `labels` is `a="b",c="d"`.
   * @param perSecond units in a second: 1 for seconds, 1e6 for microseconds
   */
  lines(name: string, labels: string, perSecond = 1): string[] {
    let total = 0;
    const lines = bounds.map((bound, bucket) => {
      total += this.#counts[bucket]!;
      return `${name}_bucket{${labels},le="${perSecond === 1 ? bound : Math.round(bound * perSecond)}"} ${total}`;
    });
    total += this.#counts[bounds.length]!;
    lines.push(
      `${name}_bucket{${labels},le="+Inf"} ${total}`,
      `${name}_sum{${labels}} ${this.#sum * perSecond}`,
      `${name}_count{${labels}} ${total}`,
    );
    return lines;
  }
}
