import type { Run } from '../report.ts';
import { isSound } from '../report.ts';
import { type Candidate, effort } from './candidate.ts';

/** What was measured of one candidate under one load: medians of its windows. */
export interface Point {
  readonly candidate: Candidate;
  readonly connections: number;
  readonly requests_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly cpu_us_per_request: number | null;
  readonly rss_bytes: number | null;
}

/** A candidate and the windows it has had, one list a round. */
export interface Entrant {
  readonly candidate: Candidate;
  readonly rounds: (readonly Run[])[];
  /** Why it is out: a fault, or that others were better. */
  out?: string;
}

/** Of points that differ by less than this, the one with the least effort is chosen. */
const worthwhile = 0.03;

/** One point for each load that a candidate had; a window with faults or wrong answers gives none. */
export function pointsOf({ candidate, rounds }: Entrant): readonly Point[] {
  const loads = [...new Set(rounds.flat().map(({ connections }) => connections))];
  return loads.flatMap((connections) => {
    const runs = rounds.flat().filter((run) => run.connections === connections);
    if (!runs.every(isSound)) return [];
    const of = (figure: (run: Run) => number | null | undefined) =>
      median(runs.map(figure).filter((value) => typeof value === 'number'));
    return [
      {
        candidate,
        connections,
        requests_per_second: of((run) => run.requests_per_second) ?? 0,
        p50_ms: of((run) => run.latency_ms.p50) ?? 0,
        p99_ms: of((run) => run.latency_ms.p99) ?? 0,
        cpu_us_per_request: of((run) => run.server?.cpu_us_per_request),
        rss_bytes: of((run) => run.server?.rss_bytes),
      },
    ];
  });
}

/** The points that no other beats in both, throughput and p99; the highest throughput first. */
export function frontierOf(points: readonly Point[]): readonly Point[] {
  const isBeaten = (point: Point) =>
    points.some(
      (other) =>
        other.requests_per_second >= point.requests_per_second &&
        other.p99_ms <= point.p99_ms &&
        (other.requests_per_second > point.requests_per_second || other.p99_ms < point.p99_ms),
    );
  return points
    .filter((point) => !isBeaten(point))
    .sort((a, b) => b.requests_per_second - a.requests_per_second);
}

/**
 * The most requests a second within the limit on p99, or next to that with less effort; undefined when no point holds it.
 * @param p99Ms undefined: no limit
 */
export function winnerOf(points: readonly Point[], p99Ms: number | undefined): Point | undefined {
  const held = points.filter((point) => p99Ms === undefined || point.p99_ms < p99Ms);
  const most = Math.max(...held.map((point) => point.requests_per_second));
  const asGood = held.filter((point) => point.requests_per_second >= most * (1 - worthwhile));
  return asGood.sort(
    (a, b) => effort(a.candidate) - effort(b.candidate) || b.requests_per_second - a.requests_per_second,
  )[0];
}

/** Leaves the better half in, `least` of them at least, and the first, which is how things are now. */
export function narrow(entrants: readonly Entrant[], p99Ms: number | undefined, least: number): void {
  const left = entrants.filter(({ out }) => out === undefined);
  const ranked = left
    .map((entrant) => ({ entrant, score: scoreOf(pointsOf(entrant), p99Ms) }))
    .sort((a, b) => b.score - a.score);
  for (const { entrant } of ranked.slice(Math.max(least, Math.ceil(ranked.length / 2))))
    if (entrant !== entrants[0]) entrant.out = 'others were better';
}

// Requests a second where the limit is held; below all of these, how little it is passed.
function scoreOf(points: readonly Point[], p99Ms: number | undefined): number {
  const best = winnerOf(points, p99Ms);
  if (best) return best.requests_per_second;
  return -Math.min(...points.map((point) => point.p99_ms));
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}
