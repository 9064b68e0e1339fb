import { expect, test } from 'vitest';
import { Metrics } from '../../src/observability/metrics.ts';
import { tfsLines } from '../../src/observability/tfs-exposition.ts';

test('requests are counted by model and status, and timed in microseconds, under TF Serving’s names', () => {
  const metrics = new Metrics();
  for (const [api, status] of [
    ['predict', 200],
    ['grpc_predict', 200],
    ['predict', 404],
    ['predict', 418],
  ] as const) {
    const meters = metrics.of('iris', api);
    meters.codes.set(status, (meters.codes.get(status) ?? 0) + 1);
    meters.duration.record(2);
  }
  const lines = tfsLines(metrics.requests());
  expect(lines).toEqual(
    expect.arrayContaining([
      '# TYPE :tensorflow:serving:request_count counter',
      ':tensorflow:serving:request_count{model_name="iris",status="OK"} 2',
      ':tensorflow:serving:request_count{model_name="iris",status="NOT_FOUND"} 1',
      ':tensorflow:serving:request_count{model_name="iris",status="INTERNAL"} 1',
      '# TYPE :tensorflow:serving:request_latency histogram',
      ':tensorflow:serving:request_latency_bucket{model_name="iris",API="predict",entrypoint="REST",le="1000"} 0',
      ':tensorflow:serving:request_latency_bucket{model_name="iris",API="predict",entrypoint="REST",le="2500"} 3',
      ':tensorflow:serving:request_latency_bucket{model_name="iris",API="predict",entrypoint="GRPC",le="2500"} 1',
      ':tensorflow:serving:request_latency_sum{model_name="iris",API="predict",entrypoint="GRPC"} 2000',
      ':tensorflow:serving:request_latency_count{model_name="iris",API="predict",entrypoint="REST"} 3',
    ]),
  );
  expect(lines.filter((line) => line.startsWith('#'))).toHaveLength(2);
});

test('a server that has answered nothing has no series yet', () => {
  expect(tfsLines([]).every((line) => line.startsWith('# TYPE '))).toBe(true);
});
