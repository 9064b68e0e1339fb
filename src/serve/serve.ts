import { failure } from '../core/errors/error.ts';
import { version as toolVersion } from '../core/version.ts';
import { within } from '../core/within.ts';
import { type LogLevel, makeLog } from '../observability/log.ts';
import { Metrics } from '../observability/metrics.ts';
import { loadVersion } from '../repository/load-version.ts';
import type { LoadedVersion } from '../repository/loaded-version.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { Repository } from '../repository/repository.ts';
import { type HttpDoor, openHttpDoor } from './doors/http.ts';
import { Router } from './doors/router.ts';
import { healthProtocol, healthRoutes } from './health.ts';
import type { House } from './house.ts';
import { openapiDocument } from './openapi.ts';
import type { Protocol } from './protocol.ts';
import { protocols } from './protocols.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly logLevel: LogLevel;
  /** Milliseconds between failing readiness and taking no more connections, so that balancers notice first. */
  readonly drainDelayMs: number;
  /** See `LoadOptions`; default: not. */
  readonly isProven?: boolean;
}

export interface RunningServer {
  readonly url: string;
  readonly house: House;
  /** Placement of the engine and why. */
  readonly engine: string;
  /**
   * Readiness fails, then no more connections, then the requests in progress end, then the graphs are freed.
   * @returns whether every request in progress was finished within the manifest's `drain_timeout_ms`
   */
  stop(): Promise<boolean>;
}

/**
 * Builds the house and opens it: listen first (a taken port shows at once, liveness works while a model loads), then
 * load and warm up, then ready.
 * @throws MdeployError `PORT_IN_USE`, `ADDRESS_UNAVAILABLE`, `PROTOCOL_UNKNOWN` and those of loading
 */
export async function serve(opened: OpenedModel, options: ServeOptions): Promise<RunningServer> {
  const { serving, name, version } = opened.manifest;
  const metrics = new Metrics();
  const loaded: LoadedVersion[] = [];
  const isBroken = () => loaded.some(({ session }) => session.dead !== undefined);
  const house: House = {
    repository: new Repository(),
    metrics,
    log: makeLog(options.logLevel, () => metrics.logFailed()),
    timeoutMs: serving.timeout_ms,
    maxBodyBytes: serving.max_body_bytes,
    state: 'starting',
    status: () => (isBroken() ? 'broken' : house.state),
  };
  const spoken = await loadProtocols(serving.protocols);
  const dialect = await protocols.load('plain');
  const health = healthRoutes(house, {
    version: toolVersion,
    openapi: () => openapiDocument(spoken, house.repository.list()),
    gauges: () => ({
      ready: () => house.status() === 'ready',
      models: () => loaded.map(gaugesOf),
    }),
  });
  const router = new Router([healthProtocol(health, dialect), ...spoken], dialect);
  const door = await openHttpDoor(house, router, options);
  const url = `http://${door.host.includes(':') ? `[${door.host}]` : door.host}:${door.port}`;
  house.log.info({ url, model: name, version, protocols: serving.protocols }, 'listening');
  try {
    const served = await loadVersion(opened, { isProven: options.isProven ?? false });
    loaded.push(served);
    house.repository.add(served);
    house.state = 'ready';
    house.log.info({ url, model: name, version, engine: served.engine }, 'ready');
    return {
      url,
      house,
      engine: served.engine,
      stop: () => stop(house, door, options, serving.drain_timeout_ms),
    };
  } catch (error) {
    await door.close(0);
    throw error;
  }
}

async function stop(
  house: House,
  door: HttpDoor,
  { drainDelayMs }: ServeOptions,
  graceMs: number,
): Promise<boolean> {
  house.state = 'draining';
  house.log.info('draining');
  await new Promise((resolve) => setTimeout(resolve, drainDelayMs));
  const end = performance.now() + graceMs;
  // A run whose client was answered by its deadline may still be on, and a graph is not freed before.
  const finished =
    (await door.close(graceMs)) &&
    (await within(
      end - performance.now(),
      house.repository.close().then(() => true),
    )) === true;
  if (!finished)
    house.log.error({ grace_ms: graceMs }, 'requests were still in progress at the end of the grace');
  house.log.info('stopped');
  return finished;
}

function loadProtocols(names: readonly string[]): Promise<Protocol[]> {
  return Promise.all(
    names.map((name) => {
      if (protocols.has(name)) return protocols.load(name);
      throw failure('PROTOCOL_UNKNOWN', { name, protocols: protocols.names.join(', ') });
    }),
  );
}

function gaugesOf({ facts, engine, room }: LoadedVersion) {
  return { model: facts.name, version: facts.version, engine, waiting: room.waiting, running: room.running };
}
