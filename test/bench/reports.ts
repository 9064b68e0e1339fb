import type { BenchReport, ColdStart, Run } from '../../src/bench/report.ts';

/** A run of a closed loop with 8 connections, but for what is given. */
export function runOf(change: Partial<Run> = {}): Run {
  const latency = { p50: 0.9, p90: 1, p95: 1.1, p99: 2, p99_9: 3, mean: 0.95, max: 4 };
  return {
    mode: 'closed',
    connections: 8,
    rate: null,
    seconds: 10,
    answered: 10_000,
    errors: {},
    requests_per_second: 1000,
    latency_ms: latency,
    service_ms: latency,
    curve: [
      [0, 0.5],
      [50, 0.9],
      [90, 1],
      [99, 2],
      [99.9, 3],
    ],
    wrong_answer: null,
    server: { phases_us: { decode: 20.5, run: 50 }, cpu_us_per_request: 120, rss_bytes: 100_000_000 },
    ...change,
  };
}

export function reportOf(...runs: Run[]): BenchReport {
  return {
    kind: 'bench',
    mdeploy: '0.1.0',
    date: '2026-01-02T03:04:05.000Z',
    machine: { cpu: 'Some CPU', cores: 2, node: '26.10.0', platform: 'linux/x64' },
    target: './iris',
    engine: '0.02 ms a run: on the event loop',
    protocol: 'plain',
    request_bytes: 84,
    answer_bytes: 281,
    checked_against: 'sample',
    runs,
    cold_start: null,
  };
}

/** Three starts, the first answer 10 ms behind readiness. */
export function coldOf(ms: number): ColdStart {
  const spread = (median: number) => ({ median, min: median - 5, max: median + 5 });
  return { starts: 3, ready_ms: spread(ms), first_answer_ms: spread(ms + 10) };
}
