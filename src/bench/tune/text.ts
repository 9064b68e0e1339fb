import { htmlPage, htmlSection, htmlTable } from '../../core/html-page.ts';
import { showSize } from '../../core/units.ts';
import { frontierChart } from '../charts.ts';
import { showMs } from '../show-ms.ts';
import { columns } from '../text.ts';
import { showCandidate } from './candidate.ts';
import type { Point } from './standing.ts';
import type { TuneReport } from './tune.ts';

/** The frontier as a table for people, how things are now, and which settings won. */
export function tuneText(report: TuneReport): string {
  const { tried, present, frontier } = report;
  const rows = [head, ...frontier.map((point) => [...rowOf(point), markOf(point, report)])];
  if (present && !frontier.some((point) => isSame(point, present)))
    rows.push([...rowOf(present), markOf(present, report)]);
  return [...factsOf(report), '', ...columns(rows), '', ...outOf(tried), verdictOf(report)].join('\n');
}

/** The same as one page, with everything that was tried. */
export function tuneHtml(report: TuneReport): string {
  const { target, protocol, frontier, tried } = report;
  const spot = (point: Point) => ({
    ...point,
    name: `${showCandidate(point.candidate)}, ${point.connections} connections`,
  });
  const best = frontier.map(spot);
  const points = tried.flatMap((entry) =>
    entry.points.map((point) => best.find((other) => isSame(other, point)) ?? spot(point)),
  );
  const all = [
    [...head, 'rounds', 'became'],
    ...tried.flatMap((entry) =>
      entry.points.length > 0
        ? entry.points.map((point) => [
            ...rowOf(point),
            markOf(point, report),
            String(entry.rounds),
            entry.out ?? 'stayed',
          ])
        : [[entry.settings, ...head.slice(1).map(() => ''), String(entry.rounds), entry.out ?? '']],
    ),
  ];
  return htmlPage(
    `mdeploy bench --tune: ${target} over ${protocol}`,
    [...factsOf(report), verdictOf(report), report.date],
    [
      htmlSection('Requests a second and p99', frontierChart(points, best)),
      htmlSection(
        'The frontier',
        htmlTable([head, ...frontier.map((point) => [...rowOf(point), markOf(point, report)])]),
      ),
      htmlSection('Everything that was tried', htmlTable(all)),
    ],
  );
}

const head = ['settings', 'connections', 'requests/s', 'p50 ms', 'p99 ms', 'CPU a request', 'memory', ''];

function rowOf({ candidate, connections, ...figures }: Point): string[] {
  return [
    showCandidate(candidate),
    String(connections),
    figures.requests_per_second.toFixed(1),
    showMs(figures.p50_ms),
    showMs(figures.p99_ms),
    figures.cpu_us_per_request === null ? '' : `${figures.cpu_us_per_request.toFixed(0)} µs`,
    figures.rss_bytes === null ? '' : showSize(figures.rss_bytes),
  ];
}

function markOf(point: Point, { winner, present }: TuneReport): string {
  const marks = [
    ...(winner && isSame(point, winner) ? ['best'] : []),
    ...(present && showCandidate(point.candidate) === showCandidate(present.candidate) ? ['now'] : []),
  ];
  return marks.join(', ');
}

function isSame(one: Point, other: Point): boolean {
  return (
    one.connections === other.connections && showCandidate(one.candidate) === showCandidate(other.candidate)
  );
}

function factsOf({ target, protocol, machine, tried, p99_limit_ms: limit }: TuneReport): string[] {
  const within = limit === null ? '' : `; p99 below ${limit} ms`;
  return [
    `${target} over ${protocol}: ${tried.length} settings tried${within}`,
    `${machine.cores} × ${machine.cpu}, Node ${machine.node}`,
  ];
}

// The first is enough: a model that takes no batches refuses all of them with the same words.
function outOf(tried: TuneReport['tried']): string[] {
  const faults = new Set(
    tried.filter(({ rounds, out }) => rounds === 0 && out !== null).map(({ out }) => out),
  );
  return [...faults].map((fault) => `Not measured: ${fault}`);
}

function verdictOf({ winner, present, p99_limit_ms: limit }: TuneReport): string {
  if (!winner && limit === null) return 'Under no settings all answers came and were right.';
  if (!winner) return `No settings keep p99 below ${limit} ms.`;
  const { requests_per_second: rate, connections, candidate } = winner;
  const settings = showCandidate(candidate);
  if (!present) return `Best: ${settings}.`;
  if (showCandidate(present.candidate) === settings) return `Best: ${settings}, as it is now.`;
  const gain = rate / present.requests_per_second;
  return `Best: ${settings}: ${gain.toFixed(2)} × the requests/s of now, at ${connections} connection${connections === 1 ? '' : 's'}.`;
}
