import type { OptimizationReport } from './report.ts';
import type { Verdict } from './variant.ts';

/** One model in the picture. */
export interface Point {
  readonly name: string;
  readonly bytes: number;
  readonly ms: number;
  readonly top1: number | null;
  readonly verdict: Verdict | 'original';
  /** No other that answers alike is both smaller and faster. */
  readonly isFrontier: boolean;
}

/**
 * The original and every variant that was timed. A variant's time is that of the original, divided by how much faster it
 * was in their own race: what the machine did meanwhile is the same for both there.
 */
export function pointsOf({ source, variants }: OptimizationReport): Point[] {
  const timed = variants.flatMap(({ name, verdict, measured }) =>
    measured?.faster_by
      ? [
          {
            name,
            verdict,
            top1: measured.top1,
            bytes: measured.bytes,
            ms: source.latency_ms / measured.faster_by,
          },
        ]
      : [],
  );
  const original = {
    name: 'original',
    verdict: 'original',
    top1: null,
    bytes: source.bytes,
    ms: source.latency_ms,
  } as const;
  const all = [original, ...timed];
  return all.map((point) => ({
    ...point,
    isFrontier:
      point.verdict !== 'wrong' &&
      !all.some((other) => other.verdict !== 'wrong' && other !== point && dominates(other, point)),
  }));
}

interface Place {
  readonly bytes: number;
  readonly ms: number;
}

function dominates(a: Place, b: Place): boolean {
  return a.bytes <= b.bytes && a.ms <= b.ms && (a.bytes < b.bytes || a.ms < b.ms);
}
