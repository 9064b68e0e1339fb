import { version as toolVersion } from '../core/version.ts';
import { within } from '../core/within.ts';
import { type LogLevel, makeLog } from '../observability/log.ts';
import { Metrics } from '../observability/metrics.ts';
import type { ModelGauges, Snapshot } from '../observability/snapshot.ts';
import type { LoadedVersion } from '../repository/loaded-version.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import type { Plan } from '../repository/plan.ts';
import { Repository } from '../repository/repository.ts';
import { Stock } from '../repository/stock.ts';
import { isInside } from '../runtime/inside.ts';
import { type ChangeOptions, type Changes, makeChanges } from './changes.ts';
import { Router } from './doors/router.ts';
import { healthProtocol, healthRoutes } from './health.ts';
import type { House } from './house.ts';
import { type DoorOptions, type Doors, openDoors } from './open-doors.ts';
import { openapiDocument } from './openapi.ts';
import { addUp } from './overall.ts';
import { protocols } from './protocols.ts';

export interface ServeOptions extends DoorOptions {
  readonly logLevel: LogLevel;
  /** Milliseconds between failing readiness and taking no more connections, so that balancers notice first. */
  readonly drainDelayMs: number;
  /** See `LoadOptions`; default: not. */
  readonly isProven?: boolean;
  /** Time a request may take in all, instead of the manifest's. */
  readonly timeoutMs?: number;
  readonly labels?: Plan['labels'];
  /** Pages of other origins may call the server; default: not. */
  readonly cors?: boolean;
  /** Path of the metrics under TF Serving's names; default: none. */
  readonly metricsPath?: string;
  /** Clients may load and unload models; default: not. */
  readonly changes?: ChangeOptions;
  /** Called when the doors take connections; the models are still to be loaded. */
  readonly opened?: () => void;
  /** The other processes of the server; absent: there are none. */
  readonly others?: Others;
}

/** What one process of a server asks of all of them. */
export interface Others {
  /** From 1. */
  readonly number: number;
  /** Processes in all. */
  readonly count: number;
  snapshots(): Promise<readonly Snapshot[]>;
  /** Changes that all of them make. */
  share(local: Changes): Changes;
}

export interface RunningServer {
  /** Empty when there is no REST door. */
  readonly url: string;
  /** `host:port` of the gRPC door; undefined when it is not open. */
  readonly grpc: string | undefined;
  readonly house: House;
  /** Placement of the first model's engine and why. */
  readonly engine: string;
  /** What this process has counted. */
  snapshot(): Promise<Snapshot>;
  /**
   * Readiness fails, then no more connections, then the requests in progress end, then the graphs are freed.
   * @returns whether every request in progress was finished within the manifest's `drain_timeout_ms`
   */
  stop(): Promise<boolean>;
}

/**
 * Builds the house and opens it: listen first (a taken port shows at once, liveness works while models load), then
 * load and warm up, then ready.
 * @param served one model, or several that agree on the server's settings (`openPlan`)
 * @throws MdeployError `PORT_IN_USE`, `ADDRESS_UNAVAILABLE`, `GRPC_NOTHING` and those of loading
 */
export async function serve(
  served: OpenedModel | readonly OpenedModel[],
  options: ServeOptions,
): Promise<RunningServer> {
  const models = [served].flat();
  const { serving } = models[0]!.manifest;
  const metrics = new Metrics();
  const repository = new Repository();
  const { others } = options;
  const log = makeLog(options.logLevel, () => metrics.logFailed(), others && { process: others.number });
  const stock = new Stock(repository, log);
  const changes = options.changes && makeChanges(stock, options.changes);
  const isBroken = () => repository.loaded().some(({ session }) => session.dead !== undefined);
  const house: House = {
    repository,
    metrics,
    log,
    timeoutMs: options.timeoutMs ?? serving.timeout_ms,
    maxBodyBytes: serving.max_body_bytes,
    ...(changes && { changes: others?.share(changes) ?? changes }),
    overall: async () =>
      others ? addUp(await others.snapshots()) : { metrics, models: repository.loaded().map(gaugesOf) },
    state: 'starting',
    status: () => (isBroken() ? 'broken' : house.state),
  };
  const doors = await openDoors(
    house,
    await makeRouter(house, serving.protocols, options),
    serving.protocols,
    options,
  );
  const { url, grpc } = doors;
  const logged = { url: url || undefined, grpc, ...namesOf(models) };
  // Of several processes, the supervisor says so once.
  const level = others ? 'debug' : 'info';
  try {
    log[level]({ ...logged, protocols: serving.protocols }, 'listening');
    options.opened?.();
    await stock.fill(models, options.labels, {
      isProven: options.isProven ?? false,
      ...(others && { processes: others.count }),
    });
    const { engine } = repository.loaded()[0]!;
    house.state = 'ready';
    log[level]({ ...logged, ...(models.length === 1 && { engine }) }, 'ready');
    const parts = { house, stock, doors };
    return {
      url,
      grpc,
      house,
      engine,
      snapshot: () => metrics.snapshot(repository.loaded().map(gaugesOf)),
      stop: () => stop(parts, options, serving.drain_timeout_ms),
    };
  } catch (error) {
    await doors.close(0);
    throw error;
  }
}

async function makeRouter(
  house: House,
  names: readonly string[],
  { cors, metricsPath }: ServeOptions,
): Promise<Router> {
  const spoken = await Promise.all(names.map((name) => protocols.load(name)));
  const dialect = await protocols.load('plain');
  const health = healthRoutes(house, {
    version: toolVersion,
    metricsPath,
    openapi: () => openapiDocument(spoken, house.repository.list()),
  });
  const all = [healthProtocol(health, dialect), ...spoken];
  if (!cors) return new Router(all, dialect);
  const { preflights, withCrossOrigin } = await import('./cross-origin.ts');
  const open = withCrossOrigin(dialect);
  return new Router([...all.map(withCrossOrigin), preflights(all, open)], open);
}

interface Parts {
  readonly house: House;
  readonly stock: Stock;
  readonly doors: Doors;
}

async function stop(
  { house, stock, doors }: Parts,
  { drainDelayMs }: ServeOptions,
  graceMs: number,
): Promise<boolean> {
  house.state = 'draining';
  house.log.info('draining');
  await new Promise((resolve) => setTimeout(resolve, drainDelayMs));
  const end = performance.now() + graceMs;
  // A run whose client was answered by its deadline may still be on, and a graph is not freed before.
  const finished =
    (await doors.close(graceMs)) &&
    (await within(
      end - performance.now(),
      stock.close().then(() => house.repository.close().then(() => true)),
    )) === true;
  if (finished) house.log.info('stopped');
  else
    house.log.error(
      { grace_ms: graceMs, in_runtime: isInside() },
      'stopped while requests were still in progress: the grace was over',
    );
  return finished;
}

function namesOf(models: readonly OpenedModel[]): object {
  const names = models.map(({ manifest: { name, version } }) => ({ model: name, version }));
  return names.length === 1 ? names[0]! : { models: names };
}

function gaugesOf({ facts, engine, room, batcher, cache }: LoadedVersion): ModelGauges {
  const { waiting, running } = batcher ?? room;
  const gauges = { model: facts.name, version: facts.version, engine, waiting, running };
  return cache ? { ...gauges, cacheBytes: cache.bytes } : gauges;
}
