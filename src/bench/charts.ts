import { escapeText } from '../core/escape-text.ts';
import { type Run, runName } from './report.ts';

const colours = 6;
const width = 860;

/**
 * Latency in milliseconds over percent, both on scales that give the tail its room: the percents by how rare what lies
 * beyond them is, the times by powers of ten.
 */
export function curveChart(runs: readonly Run[]): string {
  const height = 340;
  const box = { left: 60, right: width - 190, top: 15, bottom: height - 40 };
  const points = runs.flatMap(({ curve }) => curve);
  if (points.length === 0) return '<p>No answers to draw.</p>';
  const rarest = Math.max(2, ...points.map(([percent]) => nines(percent)));
  const [low, high] = decades(points.map(([, ms]) => Math.max(ms, 0.001)));
  const x = (percent: number) => box.left + (nines(percent) / rarest) * (box.right - box.left);
  const y = (ms: number) =>
    box.bottom - ((Math.log10(Math.max(ms, 0.001)) - low) / (high - low)) * (box.bottom - box.top);
  const columns = [0, 50, 90, 99, 99.9, 99.99, 99.999].filter((percent) => nines(percent) <= rarest);
  const rows = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const grid = [
    ...columns.map((percent) => gridLine(x(percent), box.top, x(percent), box.bottom)),
    ...columns.map((percent) => label(x(percent), box.bottom + 18, `p${percent}`, 'middle')),
    ...rows.map((ms) => gridLine(box.left, y(ms), box.right, y(ms))),
    ...rows.map((ms) => label(box.left - 6, y(ms) + 4, `${Number(ms.toPrecision(1))} ms`, 'end')),
  ];
  const lines = runs.map((run, index) => {
    const path = run.curve.map(([percent, ms]) => `${fixed(x(percent))},${fixed(y(ms))}`).join(' ');
    const colour = colourOf(index);
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  });
  const legend = runs.map(
    (run, index) =>
      `<rect x="${box.right + 14}" y="${box.top + index * 20}" width="12" height="12" fill="${colourOf(index)}"/>${label(box.right + 32, box.top + 10 + index * 20, runName(run), 'start')}`,
  );
  const tall = Math.max(height, box.top + runs.length * 20);
  return svg(tall, 'Latency of each load by percentile', [...grid, ...lines, ...legend]);
}

/** One bar for each load: how many answers a second there were. */
export function rateChart(runs: readonly Run[]): string {
  const highest = Math.max(1, ...runs.map((run) => run.requests_per_second));
  const left = 190;
  const bars = runs.map((run, index) => {
    const long = (run.requests_per_second / highest) * (width - left - 90);
    const top = index * 28;
    return [
      label(left - 8, top + 17, runName(run), 'end'),
      `<rect x="${left}" y="${top + 4}" width="${fixed(long)}" height="18" fill="${colourOf(index)}"/>`,
      label(left + long + 6, top + 17, run.requests_per_second.toFixed(1), 'start'),
    ].join('');
  });
  return svg(runs.length * 28 + 4, 'Requests a second of each load', bars);
}

/**
 * Requests a second over p99, one point for each of `all`; a line joins those of the frontier, which are its last ones to
 * the upper left.
 */
export function frontierChart(all: readonly Spot[], frontier: readonly Spot[]): string {
  const height = 340;
  const box = { left: 80, right: width - 50, top: 15, bottom: height - 40 };
  if (all.length === 0) return '<p>Nothing to draw.</p>';
  const [low, high] = decades(all.map((spot) => Math.max(spot.p99_ms, 0.001)));
  const most = Math.max(1, ...all.map((spot) => spot.requests_per_second));
  const x = (ms: number) =>
    box.left + ((Math.log10(Math.max(ms, 0.001)) - low) / (high - low)) * (box.right - box.left);
  const y = (rate: number) => box.bottom - (rate / most) * (box.bottom - box.top);
  const columns = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const rows = [0, 0.25, 0.5, 0.75, 1].map((part) => part * most);
  const at = (spot: Spot) => `${fixed(x(spot.p99_ms))},${fixed(y(spot.requests_per_second))}`;
  const dot = (spot: Spot) => {
    const [cx, cy] = at(spot).split(',');
    const colour = colourOf(frontier.includes(spot) ? 1 : 0);
    return `<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"><title>${escapeText(spot.name)}</title></circle>`;
  };
  return svg(height, 'Requests a second of each setting over its p99', [
    ...columns.map((ms) => gridLine(x(ms), box.top, x(ms), box.bottom)),
    ...columns.map((ms) => label(x(ms), box.bottom + 18, `p99 ${Number(ms.toPrecision(1))} ms`, 'middle')),
    ...rows.map((rate) => gridLine(box.left, y(rate), box.right, y(rate))),
    ...rows.map((rate) => label(box.left - 6, y(rate) + 4, `${Math.round(rate)}/s`, 'end')),
    `<polyline points="${frontier.map(at).join(' ')}" fill="none" stroke="${colourOf(1)}" stroke-width="2"/>`,
    ...all.map(dot),
  ]);
}

/** What was measured of one setting under one load. */
export interface Spot {
  readonly name: string;
  readonly requests_per_second: number;
  readonly p99_ms: number;
}

/** 0 for the lowest, 1 for p90, 2 for p99, 3 for p99.9. */
function nines(percent: number): number {
  return -Math.log10(1 - percent / 100);
}

/** The powers of ten round some values. */
function decades(values: readonly number[]): [low: number, high: number] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  return [low, Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

function svg(height: number, title: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">${parts.join('')}</svg>`;
}

function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map(fixed);
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="var(--faint)"/>`;
}

function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escapeText(text)}</text>`;
}

function colourOf(index: number): string {
  return `var(--c${index % colours})`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
