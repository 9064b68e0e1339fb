import { tfsLines } from '../observability/tfs-exposition.ts';
import type { House } from './house.ts';
import type { Protocol, RawReply, Route } from './protocol.ts';

export interface HealthOptions {
  readonly version: string;
  /** OpenAPI document of what is served now. */
  openapi(): object;
  /** Where TF Serving's metrics are looked for, beside `/metrics`; absent: nowhere. */
  readonly metricsPath?: string | undefined;
}

/** Live, ready, metrics, OpenAPI: answered without entering the road, so they work when it is full. */
export function healthRoutes(house: House, options: HealthOptions): readonly Route[] {
  return [
    // Only a restart helps a broken server, so liveness fails, too.
    info('/healthz', 'health', () =>
      house.status() === 'broken' ? json(503, { status: 'broken' }) : json(200, { status: 'ok' }),
    ),
    info('/readyz', 'health', () => {
      const status = house.status();
      return json(status === 'ready' ? 200 : 503, { status });
    }),
    info('/metrics', 'metrics', async () => ({
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: await exposition(house),
    })),
    ...(options.metricsPath === undefined
      ? []
      : [info(options.metricsPath, 'metrics', () => tfsMetrics(house))]),
    info('/openapi.json', 'openapi', () => json(200, options.openapi())),
    info('/', 'index', () => json(200, index(house, options.version))),
  ];
}

/** The door's own paths as a protocol, with the error form of `dialect`. */
export function healthProtocol(routes: readonly Route[], dialect: Protocol): Protocol {
  return { name: 'health', routes, encodeError: dialect.encodeError };
}

async function exposition(house: House): Promise<string> {
  const { metrics, models, processes } = await house.overall();
  return metrics.render({ ready: () => house.status() === 'ready', models: () => models }, processes);
}

async function tfsMetrics(house: House): Promise<RawReply> {
  const { metrics } = await house.overall();
  return {
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body: `${tfsLines(metrics.requests()).join('\n')}\n${await exposition(house)}`,
  };
}

function info(path: string, api: string, answer: () => RawReply | Promise<RawReply>): Route {
  return { kind: 'info', method: 'GET', path, api, answer };
}

function index(house: House, version: string): object {
  const models = house.repository.list().map((facts) => ({ name: facts.name, version: facts.version }));
  return {
    server: 'mdeploy',
    version,
    models,
    openapi: '/openapi.json',
    metrics: '/metrics',
    ready: '/readyz',
  };
}

function json(status: number, document: object): RawReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) };
}
