import { escapeText } from '../core/escape-text.ts';
import { showSize } from '../core/units.ts';
import type { Point } from './frontier.ts';
import { percent } from './keep-if.ts';

const width = 860;
const height = 460;
const box = { left: 80, right: width - 150, top: 20, bottom: height - 50 };

/** Milliseconds over size, both by powers; smaller and faster is down and left. The line joins what nothing beats in both. */
export function frontierChart(points: readonly Point[]): string {
  const x = scale(
    points.map(({ bytes }) => bytes),
    box.left,
    box.right,
  );
  const y = scale(
    points.map(({ ms }) => ms),
    box.bottom,
    box.top,
  );
  const frontier = points.filter(({ isFrontier }) => isFrontier).sort((a, b) => a.bytes - b.bytes);
  const path = frontier.map(({ bytes, ms }) => `${fixed(x.at(bytes))},${fixed(y.at(ms))}`).join(' ');
  const grid = [
    ...x.ticks.map((tick) => gridLine(x.at(tick), box.top, x.at(tick), box.bottom)),
    ...x.ticks.map((tick) => label(x.at(tick), box.bottom + 20, showSize(Math.round(tick)), 'middle')),
    ...y.ticks.map((tick) => gridLine(box.left, y.at(tick), box.right, y.at(tick))),
    ...y.ticks.map((tick) => label(box.left - 8, y.at(tick) + 4, `${Number(tick.toPrecision(3))} ms`, 'end')),
  ];
  const lifted = spread(points.map(({ ms }) => y.at(ms)));
  const marks = points.map((point, index) => {
    const [cx, cy] = [x.at(point.bytes), y.at(point.ms)];
    const filled = point.verdict === 'kept' || point.verdict === 'original';
    const colour = colours[point.verdict] ?? 'var(--ink)';
    const text = point.top1 === null ? point.name : `${point.name} ${percent(point.top1)}`;
    return [
      `<circle cx="${fixed(cx)}" cy="${fixed(cy)}" r="6" stroke="${colour}" stroke-width="2" fill="${filled ? colour : 'none'}"/>`,
      Math.abs(lifted[index]! - cy) > 1 ? gridLine(cx + 6, cy, cx + 16, lifted[index]!) : '',
      label(cx + 18, lifted[index]! + 4, text, 'start'),
    ].join('');
  });
  const line = `<polyline points="${path}" fill="none" stroke="var(--c0)" stroke-width="1.5" stroke-dasharray="5 4"/>`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Size and time of each variant">${[...grid, line, ...marks].join('')}</svg>`;
}

const colours: Readonly<Partial<Record<Point['verdict'], string>>> = {
  original: 'var(--c0)',
  kept: 'var(--c2)',
  dropped: 'var(--c1)',
  wrong: 'var(--c5)',
};

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

// A little room on both sides; ticks at 1, 2 and 5 of each power of ten, or at the ends where there are too few.
function scale(values: readonly number[], from: number, to: number): Scale {
  const [low, high] = [Math.log(Math.min(...values) / 1.25), Math.log(Math.max(...values) * 1.25)];
  const at = (value: number) => from + ((Math.log(value) - low) / (high - low)) * (to - from);
  const first = Math.floor(low / Math.LN10);
  const ticks: number[] = [];
  for (let power = first; power <= high / Math.LN10; power++)
    for (const step of [1, 2, 5]) ticks.push(step * 10 ** power);
  const inside = ticks.filter((tick) => Math.log(tick) >= low && Math.log(tick) <= high);
  return { ticks: inside.length > 1 ? inside : [Math.exp(low), Math.exp(high)], at };
}

/** Heights of labels, moved apart so that none lies on another. */
function spread(heights: readonly number[]): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => heights[a]! - heights[b]!);
  const placed = [...heights];
  let last = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    placed[index] = Math.max(heights[index]!, last + 14);
    last = placed[index]!;
  }
  return placed;
}

function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map(fixed);
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="var(--faint)"/>`;
}

function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escapeText(text)}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
