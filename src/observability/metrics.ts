import type { Registry } from 'prom-client';
import { Histogram } from './histogram.ts';
import { type Phase, phases } from './phases.ts';
import type { Counts, ModelGauges, Snapshot } from './snapshot.ts';
import type { ServedRequests } from './tfs-exposition.ts';
import { Totals } from './totals.ts';

/** What a scrape asks of the live server. */
export interface Gauges {
  ready(): boolean;
  models(): readonly ModelGauges[];
}

interface Meters {
  readonly duration: Histogram;
  readonly phases: Readonly<Record<Phase, Histogram>>;
  readonly codes: Map<number, number>;
}

/** Counters of one server. Labels hold names of loaded models only, so that clients cannot grow them. */
export class Metrics {
  readonly #meters = new Map<string, Map<string, Meters>>();
  readonly #rejected = new Map<string, number>();
  readonly #totals = new Map<string, Map<string, Totals>>();
  #logFailures = 0;

  /** The meters of a model and API, made on first use. */
  of(model: string, api: string): Meters {
    const apis = kept(this.#meters, model, () => new Map<string, Meters>());
    return kept(apis, api, makeMeters);
  }

  /** The totals of a loaded version, made on first use. */
  totals(model: string, version: string): Totals {
    const versions = kept(this.#totals, model, () => new Map<string, Totals>());
    return kept(versions, version, () => new Totals());
  }

  /** Counts a request that reached no model. */
  reject(api: string, code: number): void {
    const key = `api="${api}",code="${code}"`;
    this.#rejected.set(key, (this.#rejected.get(key) ?? 0) + 1);
  }

  /** What each model has answered over each API. */
  requests(): readonly ServedRequests[] {
    return [...this.#each()].map(([model, api, { codes, duration }]) => ({ model, api, codes, duration }));
  }

  /** Counts a log line that could not be written. */
  logFailed(): void {
    this.#logFailures += 1;
  }

  /** Everything counted so far, for another process to add to its own. */
  counts(): Counts {
    return {
      meters: [...this.#each()].map(([model, api, { duration, phases: parts, codes }]) => ({
        model,
        api,
        duration: duration.state(),
        phases: eachPhase((phase) => parts[phase].state()),
        codes,
      })),
      rejected: this.#rejected,
      totals: [...this.#totals].flatMap(([model, versions]) =>
        [...versions].map(([version, totals]) => ({ model, version, totals: totals.state() })),
      ),
      logFailures: this.#logFailures,
    };
  }

  /** What was counted, the state of the models, and the figures of this process. */
  async snapshot(models: readonly ModelGauges[]): Promise<Snapshot> {
    const register = await processRegister();
    return { ...this.counts(), models, process: await register.getMetricsAsJSON() };
  }

  /** Adds what another process has counted. */
  add({ meters, rejected, totals, logFailures }: Counts): void {
    for (const { model, api, duration, phases: parts, codes } of meters) {
      const own = this.of(model, api);
      own.duration.add(duration);
      for (const phase of phases) own.phases[phase].add(parts[phase]);
      for (const [code, count] of codes) own.codes.set(code, (own.codes.get(code) ?? 0) + count);
    }
    for (const [key, count] of rejected) this.#rejected.set(key, (this.#rejected.get(key) ?? 0) + count);
    for (const { model, version, totals: other } of totals) this.totals(model, version).merge(other);
    this.#logFailures += logFailures;
  }

  /**
   * Text exposition format 0.0.4 of our own series and the processes'.
   * @param processes figures of all processes of the server; default: of this one
   */
  async render(gauges: Gauges, processes?: readonly Snapshot['process'][]): Promise<string> {
    const register = await processRegister(processes);
    const lines = [
      ...this.#requests(),
      ...this.#durations(),
      ...this.#phaseDurations(),
      ...this.#recalls(gauges.models()),
      ...state(gauges),
      ...header('mdeploy_log_failures_total', 'counter', 'Writes of the log that failed'),
      `mdeploy_log_failures_total ${this.#logFailures}`,
    ];
    return `${lines.join('\n')}\n${await register.metrics()}`;
  }

  #requests(): string[] {
    const name = 'mdeploy_requests_total';
    const lines = header(name, 'counter', 'Requests answered, by model, API and HTTP status');
    for (const [model, api, meters] of this.#each()) {
      for (const [code, count] of meters.codes) {
        lines.push(`${name}{${labels({ model, api, code: String(code) })}} ${count}`);
      }
    }
    lines.push(
      ...header(
        'mdeploy_rejected_total',
        'counter',
        'Requests that reached no model, by API and HTTP status',
      ),
    );
    for (const [key, count] of this.#rejected) lines.push(`mdeploy_rejected_total{${key}} ${count}`);
    return lines;
  }

  #durations(): string[] {
    const name = 'mdeploy_request_duration_seconds';
    const lines = header(name, 'histogram', 'Time from the whole request read to the reply made');
    for (const [model, api, meters] of this.#each())
      lines.push(...meters.duration.lines(name, labels({ model, api })));
    return lines;
  }

  #phaseDurations(): string[] {
    const name = 'mdeploy_phase_duration_seconds';
    const lines = header(name, 'histogram', 'Time in each part of the road');
    for (const [model, api, meters] of this.#each()) {
      for (const phase of phases)
        lines.push(...meters.phases[phase].lines(name, labels({ model, api, phase })));
    }
    return lines;
  }

  // Absent while no model has a cache.
  #recalls(models: readonly ModelGauges[]): string[] {
    // A counter that is not there before its first event hides that event from `rate()`.
    for (const { model, version, cacheBytes } of models)
      if (cacheBytes !== undefined) this.totals(model, version).recalls();
    const asked = [...this.#totals].flatMap(([model, versions]) =>
      [...versions].flatMap(([version, { cache }]) => (cache ? [{ model, version, cache }] : [])),
    );
    if (asked.length === 0) return [];
    const each = (kind: 'hits' | 'misses', help: string) => [
      ...header(`mdeploy_cache_${kind}_total`, 'counter', help),
      ...asked.map(
        ({ model, version, cache }) =>
          `mdeploy_cache_${kind}_total{${labels({ model, version })}} ${cache[kind].count}`,
      ),
    ];
    return [
      ...each('hits', 'Requests answered from the response cache'),
      ...each('misses', 'Requests that the response cache had no answer to'),
    ];
  }

  *#each(): Generator<[model: string, api: string, Meters]> {
    for (const [model, apis] of this.#meters) {
      for (const [api, meters] of apis) yield [model, api, meters];
    }
  }
}

function kept<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function makeMeters(): Meters {
  return { duration: new Histogram(), phases: eachPhase(() => new Histogram()), codes: new Map() };
}

function eachPhase<T>(make: (phase: Phase) => T): Readonly<Record<Phase, T>> {
  return Object.fromEntries(phases.map((phase) => [phase, make(phase)])) as unknown as Record<Phase, T>;
}

async function processRegister(processes?: readonly Snapshot['process'][]): Promise<Registry> {
  const { default: prom } = await import('prom-client');
  const { AggregatorRegistry, collectDefaultMetrics, register } = prom;
  if (processes) return AggregatorRegistry.aggregate([...processes]);
  if (!register.getSingleMetric('process_cpu_seconds_total')) collectDefaultMetrics();
  return register;
}

function state(gauges: Gauges): string[] {
  const models = gauges.models();
  const cached = models.filter(({ cacheBytes }) => cacheBytes !== undefined);
  const each = (name: string, help: string, value: (model: ModelGauges) => number, of = models) => [
    ...header(name, 'gauge', help),
    ...of.map(
      (model) => `${name}{${labels({ model: model.model, version: model.version })}} ${value(model)}`,
    ),
  ];
  return [
    ...header('mdeploy_ready', 'gauge', '1 when /readyz answers 200'),
    `mdeploy_ready ${gauges.ready() ? 1 : 0}`,
    ...each('mdeploy_queue_waiting', 'Requests in the waiting room', (model) => model.waiting),
    ...each('mdeploy_engine_running', 'Requests in the engine', (model) => model.running),
    ...(cached.length > 0
      ? each('mdeploy_cache_bytes', 'Held by the response cache', ({ cacheBytes = 0 }) => cacheBytes, cached)
      : []),
    ...header('mdeploy_model_info', 'gauge', 'Loaded versions and the engine chosen for them'),
    ...models.map(
      ({ model, version, engine }) => `mdeploy_model_info{${labels({ model, version, engine })}} 1`,
    ),
  ];
}

function header(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function labels(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`)
    .join(',');
}
