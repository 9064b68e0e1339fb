import type { Histogram } from './histogram.ts';

/** The requests of one model over one API. */
export interface ServedRequests {
  readonly model: string;
  /** As our own series name it: `predict`, `grpc_predict`. */
  readonly api: string;
  /** Requests by HTTP status. */
  readonly codes: ReadonlyMap<number, number>;
  readonly duration: Histogram;
}

/**
 * The series that dashboards of TensorFlow Serving are made of, under its names: requests by model and status, and
 * their latency in microseconds.
 */
export function tfsLines(requests: readonly ServedRequests[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { model, codes } of requests) {
    for (const [code, count] of codes) {
      const key = `model_name="${model}",status="${statuses[code] ?? 'INTERNAL'}"`;
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  return [
    '# TYPE :tensorflow:serving:request_count counter',
    ...[...counts].map(([labels, count]) => `:tensorflow:serving:request_count{${labels}} ${count}`),
    '# TYPE :tensorflow:serving:request_latency histogram',
    ...requests.flatMap(({ model, api, duration }) => {
      const isGrpc = api.startsWith('grpc_');
      const [name, entrypoint] = isGrpc ? [api.slice('grpc_'.length), 'GRPC'] : [api, 'REST'];
      const labels = `model_name="${model}",API="${name}",entrypoint="${entrypoint}"`;
      return duration.lines(':tensorflow:serving:request_latency', labels, 1e6);
    }),
  ];
}

const statuses: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'INVALID_ARGUMENT',
  404: 'NOT_FOUND',
  413: 'RESOURCE_EXHAUSTED',
  415: 'INVALID_ARGUMENT',
  499: 'CANCELLED',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};
