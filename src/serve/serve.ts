import { version as toolVersion } from '../core/version.ts';
import { within } from '../core/within.ts';
import { type LogLevel, makeLog } from '../observability/log.ts';
import { Metrics } from '../observability/metrics.ts';
import { loadVersion } from '../repository/load-version.ts';
import type { LoadedVersion } from '../repository/loaded-version.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { Repository } from '../repository/repository.ts';
import type { GrpcDoor } from './doors/grpc.ts';
import { type HttpDoor, openHttpDoor } from './doors/http.ts';
import { Router } from './doors/router.ts';
import { healthProtocol, healthRoutes } from './health.ts';
import type { House } from './house.ts';
import { openapiDocument } from './openapi.ts';
import { protocols } from './protocols.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** 0: any free port. Undefined: no gRPC, and none of its code is loaded. */
  readonly grpcPort?: number | undefined;
  readonly logLevel: LogLevel;
  /** Milliseconds between failing readiness and taking no more connections, so that balancers notice first. */
  readonly drainDelayMs: number;
  /** See `LoadOptions`; default: not. */
  readonly isProven?: boolean;
}

export interface RunningServer {
  readonly url: string;
  /** `host:port` of the gRPC door; undefined when it is not open. */
  readonly grpc: string | undefined;
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
 * @throws MdeployError `PORT_IN_USE`, `ADDRESS_UNAVAILABLE`, `GRPC_NOTHING` and those of loading
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
  const spoken = await Promise.all(serving.protocols.map((name) => protocols.load(name)));
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
  const doors: Doors = { http: door };
  const url = `http://${addressOf(door)}`;
  try {
    if (options.grpcPort !== undefined) {
      const { openGrpc } = await import('./open-grpc.ts');
      doors.grpc = await openGrpc(house, serving.protocols, { host: options.host, port: options.grpcPort });
    }
    const grpc = doors.grpc && addressOf(doors.grpc);
    house.log.info({ url, grpc, model: name, version, protocols: serving.protocols }, 'listening');
    const served = await loadVersion(opened, { isProven: options.isProven ?? false });
    loaded.push(served);
    house.repository.add(served);
    house.state = 'ready';
    house.log.info({ url, grpc, model: name, version, engine: served.engine }, 'ready');
    return {
      url,
      grpc,
      house,
      engine: served.engine,
      stop: () => stop(house, doors, options, serving.drain_timeout_ms),
    };
  } catch (error) {
    await closeAll(doors, 0);
    throw error;
  }
}

interface Doors {
  readonly http: HttpDoor;
  grpc?: GrpcDoor;
}

async function stop(
  house: House,
  doors: Doors,
  { drainDelayMs }: ServeOptions,
  graceMs: number,
): Promise<boolean> {
  house.state = 'draining';
  house.log.info('draining');
  await new Promise((resolve) => setTimeout(resolve, drainDelayMs));
  const end = performance.now() + graceMs;
  // A run whose client was answered by its deadline may still be on, and a graph is not freed before.
  const finished =
    (await closeAll(doors, graceMs)) &&
    (await within(
      end - performance.now(),
      house.repository.close().then(() => true),
    )) === true;
  if (!finished)
    house.log.error({ grace_ms: graceMs }, 'requests were still in progress at the end of the grace');
  house.log.info('stopped');
  return finished;
}

async function closeAll({ http, grpc }: Doors, graceMs: number): Promise<boolean> {
  const finished = await Promise.all([http.close(graceMs), grpc?.close(graceMs)]);
  return !finished.includes(false);
}

function addressOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function gaugesOf({ facts, engine, room }: LoadedVersion) {
  return { model: facts.name, version: facts.version, engine, waiting: room.waiting, running: room.running };
}
