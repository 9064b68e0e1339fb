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
    70,
  );
  const y = scale(
    points.map(({ ms }) => ms),
    box.bottom,
    box.top,
    20,
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
  const names = points.map((point, index) => {
    const [cx, cy, at] = [x.at(point.bytes), y.at(point.ms), lifted[index]!];
    const text = point.top1 === null ? point.name : `${point.name} ${percent(point.top1)}`;
    const leader = Math.abs(at - cy) > 1 ? gridLine(cx + 6, cy, cx + 16, at) : '';
    return leader + label(cx + 18, at + 4, text, 'start');
  });
  const marks = points.map(({ bytes, ms, verdict }) => {
    const colour = colours[verdict] ?? 'var(--ink)';
    const fill = verdict === 'kept' || verdict === 'original' ? colour : 'none';
    return `<circle cx="${fixed(x.at(bytes))}" cy="${fixed(y.at(ms))}" r="6" stroke="${colour}" stroke-width="2" fill="${fill}"/>`;
  });
  const line = `<polyline points="${path}" fill="none" stroke="var(--c0)" stroke-width="1.5" stroke-dasharray="5 4"/>`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Size and time of each variant">${[...grid, line, ...names, ...marks].join('')}</svg>`;
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

// A little room on both sides; ticks at 1, 2 and 5 of each power of ten, or at every digit where that leaves too few.
function scale(values: readonly number[], from: number, to: number, gap: number): Scale {
  const [low, high] = [Math.min(...values) / 1.25, Math.max(...values) * 1.25];
  const ratio = Math.log(high / low);
  const inside = (steps: readonly number[]) => {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      ticks.push(...steps.map((step) => step * 10 ** power));
    return ticks.filter((tick) => tick >= low && tick <= high);
  };
  const few = inside([1, 2, 5]);
  const ticks = few.length > 2 ? few : inside([1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]);
  const at = (value: number) => from + (Math.log(value / low) / ratio) * (to - from);
  const legible: number[] = [];
  for (const tick of ticks) {
    const last = legible.at(-1);
    if (last === undefined || Math.abs(at(tick) - at(last)) >= gap) legible.push(tick);
  }
  return { ticks: legible, at };
}

const lineHeight = 14;

/** Heights of labels, moved apart as little as keeps one from lying on another: those that touch stand round their middle. */
export function spread(heights: readonly number[]): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => heights[a]! - heights[b]!);
  const groups: { members: number[]; middle: number }[] = [];
  for (const index of order) {
    let group = { members: [index], middle: heights[index]! };
    for (let last = groups.at(-1); last && touches(last, group); last = groups.at(-1)) {
      groups.pop();
      const members = [...last.members, ...group.members];
      group = { members, middle: members.reduce((sum, at) => sum + heights[at]!, 0) / members.length };
    }
    groups.push(group);
  }
  const placed = [...heights];
  for (const { members, middle } of groups)
    for (const [at, index] of members.entries())
      placed[index] = middle + (at - (members.length - 1) / 2) * lineHeight;
  return placed;
}

interface Group {
  readonly members: readonly number[];
  readonly middle: number;
}

function touches(above: Group, below: Group): boolean {
  return below.middle - above.middle < ((above.members.length + below.members.length) / 2) * lineHeight;
}

function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map(fixed);
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="var(--faint)"/>`;
}

function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string {
  const halo = 'paint-order="stroke" stroke="Canvas" stroke-width="3"';
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}" ${halo}>${escapeText(text)}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
