import type { OutputParity, Parity } from './parity.ts';

/** One output over all samples. */
export interface OutputSummary {
  readonly output: string;
  readonly ok: boolean;
  readonly samples: number;
  readonly max_abs: number;
  readonly max_rel: number;
  /** Largest difference in parts of the largest value (at least 1) of its sample. */
  readonly max_error: number;
  /** The lowest of all samples. */
  readonly cosine: number | null;
  /** Over the rows, or labels, of all samples; null for numbers that are neither scores nor labels. */
  readonly top1: number | null;
  readonly rows: number;
  readonly worst_sample: string;
  /** What differs most there, in words. */
  readonly reason?: string;
}

/** The outputs of all samples, one line each, in the order in which they come first. */
export function summarise({ outputs }: Parity): OutputSummary[] {
  const names = [...new Set(outputs.map(({ output }) => output))];
  return names.map((name) => summary(outputs.filter(({ output }) => output === name)));
}

/** A difference in parts of the largest value that was expected, or of 1 where all are smaller. */
export function relativeError({ max_abs, largest }: OutputParity): number {
  return max_abs / Math.max(1, largest);
}

function summary(parts: readonly OutputParity[]): OutputSummary {
  const worst = [...parts].sort(
    (a, b) => Number(a.ok) - Number(b.ok) || relativeError(b) - relativeError(a),
  )[0]!;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const same = parts.reduce((sum, part) => sum + part.rows * (part.top1 ?? 0), 0);
  const cosines = parts.flatMap(({ cosine }) => (cosine === null ? [] : [cosine]));
  return {
    output: worst.output,
    ok: parts.every(({ ok }) => ok),
    samples: parts.length,
    max_abs: Math.max(...parts.map(({ max_abs }) => max_abs)),
    max_rel: Math.max(...parts.map(({ max_rel }) => max_rel)),
    max_error: Math.max(...parts.map(relativeError)),
    cosine: cosines.length === 0 ? null : Math.min(...cosines),
    top1: rows === 0 ? null : same / rows,
    rows,
    worst_sample: worst.sample,
    ...(worst.reason !== undefined && { reason: worst.reason }),
  };
}
