import { showSize } from '../core/units.ts';
import type { ColdStart, Run } from './report.ts';
import { showMs } from './show-ms.ts';

/** A figure that a gate may name. */
export interface Metric {
  readonly unit: 'ms' | 'us' | 'rate' | 'bytes';
  readonly example: string;
  /** undefined: this run has no such figure. */
  ofRun?(run: Measured): number | undefined;
  ofColdStart?(coldStart: ColdStart): number;
}

/** The part of a run that gates look at. */
export type Measured = Pick<Run, 'requests_per_second' | 'latency_ms'> & {
  readonly server: Pick<NonNullable<Run['server']>, 'cpu_us_per_request' | 'rss_bytes'> | null;
};

const time = { unit: 'ms', example: 'a time such as 20ms' } as const;

export const metrics: ReadonlyMap<string, Metric> = new Map<string, Metric>([
  ['p50', latency('p50')],
  ['p90', latency('p90')],
  ['p95', latency('p95')],
  ['p99', latency('p99')],
  ['p99.9', latency('p99_9')],
  ['mean', latency('mean')],
  ['max', latency('max')],
  [
    'rps',
    { unit: 'rate', example: 'a number of requests a second', ofRun: (run) => run.requests_per_second },
  ],
  [
    'cpu',
    {
      unit: 'us',
      example: 'a time such as 200us',
      ofRun: ({ server }) => server?.cpu_us_per_request ?? undefined,
    },
  ],
  [
    'rss',
    { unit: 'bytes', example: 'a size such as 200MB', ofRun: ({ server }) => server?.rss_bytes ?? undefined },
  ],
  ['ready', { ...time, ofColdStart: ({ ready_ms: ready }) => ready.median }],
  ['first_answer', { ...time, ofColdStart: ({ first_answer_ms: first }) => first.median }],
]);

/** A figure with its unit. */
export function showFigure(value: number, { unit }: Pick<Metric, 'unit'>): string {
  if (unit === 'bytes') return showSize(Math.round(value));
  if (unit === 'rate') return `${value.toFixed(1)}/s`;
  return unit === 'us' ? `${value.toFixed(0)} µs` : `${showMs(value)} ms`;
}

function latency(name: keyof Run['latency_ms']): Metric {
  return { ...time, ofRun: (run) => run.latency_ms[name] };
}
