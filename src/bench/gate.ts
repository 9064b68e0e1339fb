import { failure, type MdeployError } from '../core/errors/error.ts';
import { nearest } from '../core/suggest.ts';
import { parseSize } from '../core/units.ts';
import { type Metric, metrics } from './gate-metrics.ts';

/** A limit on one figure: `p99<+10%` against a baseline, `p99<20ms` on its own. */
export interface Gate {
  /** As it was written. */
  readonly text: string;
  readonly metric: string;
  readonly side: '<' | '>';
  readonly limit:
    | { readonly kind: 'relative'; readonly percent: number }
    /** In the metric's own unit. */
    | { readonly kind: 'absolute'; readonly value: number };
}

/**
 * Reads gates with commas between them: `p99<+10%,rps>-5%,max<200ms`.
 * @throws MdeployError `BENCH_GATE_MALFORMED` naming the gate and what is wrong with it
 */
export function parseGates(text: string): Gate[] {
  return text.split(',').map((part) => parseGate(part.trim()));
}

function parseGate(text: string): Gate {
  const [, name = '', side, limit = ''] = /^([^<>=]*)([<>])(.*)$/.exec(text) ?? [];
  if (side !== '<' && side !== '>')
    throw malformed(text, 'there is no < or > in it', 'a figure, < or >, a limit');
  const metric = metrics.get(name.trim());
  if (!metric) {
    const near = nearest(name, metrics.keys());
    const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
    throw malformed(text, `"${name}" is no figure${hint}`, `one of ${[...metrics.keys()].join(', ')}`);
  }
  return { text, metric: name.trim(), side, limit: parseLimit(text, limit.trim(), metric) };
}

function parseLimit(text: string, limit: string, metric: Metric): Gate['limit'] {
  const relative = /^([+-]\d+(?:\.\d+)?)%$/.exec(limit);
  if (relative) return { kind: 'relative', percent: Number(relative[1]) };
  const value = absolute(limit, metric);
  if (value !== undefined) return { kind: 'absolute', value };
  const expected = `a change such as +10% or -5%, or ${metric.example}`;
  throw malformed(text, `"${limit}" is no limit for it`, expected);
}

function absolute(limit: string, { unit }: Metric): number | undefined {
  if (unit === 'bytes') return /[a-z]/i.test(limit) ? parseSize(limit) : undefined;
  const [, digits, suffix = ''] = /^(\d+(?:\.\d+)?)([a-zµ]*)$/.exec(limit) ?? [];
  const factor = units[unit].get(suffix);
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

const units = {
  ms: new Map([
    ['us', 0.001],
    ['µs', 0.001],
    ['ms', 1],
    ['s', 1000],
  ]),
  us: new Map([
    ['us', 1],
    ['µs', 1],
    ['ms', 1000],
  ]),
  rate: new Map([['', 1]]),
} as const;

function malformed(gate: string, reason: string, expected: string): MdeployError {
  return failure('BENCH_GATE_MALFORMED', { gate, reason }, { field: '--gate', expected, received: gate });
}
