import type { Run } from '../../../src/bench/report.ts';
import type { Candidate } from '../../../src/bench/tune/candidate.ts';
import type { Point } from '../../../src/bench/tune/standing.ts';

export const alone: Candidate = { processes: 1, threads: 'auto' };
export const batched: Candidate = {
  processes: 1,
  threads: 'auto',
  batching: { max_batch_size: 32, max_queue_delay_ms: 0 },
};
export const two: Candidate = { processes: 2, threads: 'auto' };

export function point(candidate: Candidate, rate: number, p99: number, connections = 8): Point {
  return {
    candidate,
    connections,
    requests_per_second: rate,
    p50_ms: p99 / 2,
    p99_ms: p99,
    cpu_us_per_request: 100,
    rss_bytes: 2e8,
  };
}

/** A window of load as `bench` reports it. */
export function run(rate: number, p99: number, connections = 8, extra: Partial<Run> = {}): Run {
  const latency = { p50: p99 / 2, p90: p99, p95: p99, p99, p99_9: p99, mean: p99, max: p99 };
  return {
    mode: 'closed',
    connections,
    rate: null,
    seconds: 1,
    answered: rate,
    errors: {},
    requests_per_second: rate,
    latency_ms: latency,
    service_ms: latency,
    curve: [],
    wrong_answer: null,
    server: { phases_us: {}, cpu_us_per_request: 100, rss_bytes: 2e8 },
    ...extra,
  };
}
