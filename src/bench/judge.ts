import type { Baseline } from './baseline.ts';
import type { Gate } from './gate.ts';
import { type Metric, metrics, showFigure } from './gate-metrics.ts';
import { type BenchReport, runName } from './report.ts';

/** One gate on one window, or on the cold starts. */
export interface Verdict {
  readonly gate: string;
  /** What was looked at: the name of a run, `cold start`. */
  readonly of: string;
  readonly ok: boolean;
  /** What was measured; null where there is no such figure, and the gate is not held. */
  readonly value: number | null;
  /** What the gate comes to. */
  readonly limit: number | null;
  readonly baseline: number | null;
}

/**
 * Every gate on everything that has its figure; what was asked and cannot be told counts as not held.
 * @param baseline needed where a gate is relative
 */
export function judge(
  report: BenchReport,
  gates: readonly Gate[],
  baseline: Baseline | undefined,
): Verdict[] {
  return gates.flatMap((gate) => {
    const metric = metrics.get(gate.metric)!;
    const pairs = figuresOf(metric, report, baseline);
    if (pairs.length > 0) return pairs.map((pair) => verdict(gate, pair));
    return [{ gate: gate.text, of: 'nothing', ok: false, value: null, limit: null, baseline: null }];
  });
}

/** A table: one line a verdict, what was measured beside the limit. */
export function verdictRows(verdicts: readonly Verdict[], gates: readonly Gate[]): string[][] {
  const metricOf = ({ gate }: Verdict) => metrics.get(gates.find(({ text }) => text === gate)!.metric)!;
  const show = (value: number | null, metric: Metric) => (value === null ? '–' : showFigure(value, metric));
  return [
    ['gate', 'load', 'measured', 'limit', 'baseline', ''],
    ...verdicts.map((verdict) => {
      const metric = metricOf(verdict);
      const figures = [verdict.value, verdict.limit, verdict.baseline].map((value) => show(value, metric));
      return [verdict.gate, verdict.of, ...figures, verdict.ok ? 'ok' : 'FAILED'];
    }),
  ];
}

interface Pair {
  readonly of: string;
  readonly value: number | undefined;
  readonly before: number | undefined;
}

function figuresOf(metric: Metric, report: BenchReport, baseline: Baseline | undefined): Pair[] {
  const { ofRun, ofColdStart } = metric;
  if (ofColdStart) {
    const { cold_start: now } = report;
    const before = baseline?.cold_start;
    return now
      ? [{ of: 'cold start', value: ofColdStart(now), before: before ? ofColdStart(before) : undefined }]
      : [];
  }
  return report.runs.map((run) => {
    const before = baseline?.runs.find((other) => runName(other) === runName(run));
    return { of: runName(run), value: ofRun?.(run), before: before && ofRun?.(before) };
  });
}

function verdict({ text, side, limit: given }: Gate, { of, value, before }: Pair): Verdict {
  const limit =
    given.kind === 'absolute'
      ? given.value
      : before === undefined
        ? undefined
        : before * (1 + given.percent / 100);
  const isKnown = value !== undefined && limit !== undefined;
  const ok = isKnown && (side === '<' ? value < limit : value > limit);
  return { gate: text, of, ok, value: value ?? null, limit: limit ?? null, baseline: before ?? null };
}
