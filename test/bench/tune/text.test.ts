import { describe, expect, test } from 'vitest';
import { showCandidate } from '../../../src/bench/tune/candidate.ts';
import type { Point } from '../../../src/bench/tune/standing.ts';
import { tuneHtml, tuneText } from '../../../src/bench/tune/text.ts';
import type { TuneReport } from '../../../src/bench/tune/tune.ts';
import { alone, batched, point, two } from './points.ts';

const now = point(alone, 1000, 9);
const best = point(batched, 2500, 12);
const other = point(two, 900, 3);

function report(extra: Partial<TuneReport> = {}): TuneReport {
  const entry = (measured: Point, out: string | null = null) => ({
    settings: showCandidate(measured.candidate),
    rounds: 3,
    out,
    points: [measured],
  });
  return {
    kind: 'tune',
    mdeploy: '0.1.0',
    date: '2026-11-21T10:00:00.000Z',
    machine: { cpu: 'A <fast> CPU', cores: 2, node: '26.0.0', platform: 'linux/x64' },
    target: './iris',
    protocol: 'plain',
    p99_limit_ms: 20,
    present: now,
    winner: best,
    frontier: [best, other],
    tried: [entry(now), entry(best), entry(other)],
    ...extra,
  };
}

describe('the table', () => {
  test('has the frontier, what is best, and how things are now', () => {
    expect(tuneText(report()).split('\n')).toEqual([
      './iris over plain: 3 settings tried; p99 below 20 ms',
      '2 × A <fast> CPU, Node 26.0.0',
      '',
      'settings                                connections  requests/s  p50 ms  p99 ms  CPU a request    memory',
      '1 process, threads auto, batches of 32            8      2500.0    6.00    12.0         100 µs  200.0 MB  best',
      '2 processes, threads auto, no batches             8       900.0    1.50    3.00         100 µs  200.0 MB',
      '1 process, threads auto, no batches               8      1000.0    4.50    9.00         100 µs  200.0 MB   now',
      '',
      'Best: 1 process, threads auto, batches of 32: 2.50 × the requests/s of now, at 8 connections.',
    ]);
  });

  test.each([
    ['nothing holds the limit', { winner: null }, 'No settings keep p99 below 20 ms.'],
    [
      'no answers were sound',
      { winner: null, p99_limit_ms: null, present: null, frontier: [] },
      'Under no settings all answers came',
    ],
    ['nothing has to be changed', { winner: now, frontier: [now] }, 'no batches, as it is now.'],
    [
      'the present settings could not be measured',
      { present: null },
      'Best: 1 process, threads auto, batches of 32.',
    ],
  ])('says when %s', (_, extra, words) => {
    const text = tuneText(report(extra));
    expect(text.split('\n').at(-1)).toContain(words);
    expect(text).not.toContain('undefined');
  });

  test('says once why some were not measured', () => {
    const out = {
      settings: 'x',
      rounds: 0,
      out: 'error BATCHING_UNFIT: the first axis is not free',
      points: [],
    };
    const text = tuneText(report({ tried: [out, out], p99_limit_ms: null }));
    expect(text.match(/Not measured: error BATCHING_UNFIT/g)).toHaveLength(1);
    expect(text).toContain('2 settings tried\n');
  });

  test('has gaps for what a server does not tell', () => {
    const bare = { ...best, cpu_us_per_request: null, rss_bytes: null };
    expect(tuneText(report({ frontier: [bare], winner: bare }))).toContain(
      '12.0                           best',
    );
  });
});

describe('the page', () => {
  test('has everything that was tried, a chart, and needs nothing beside it', () => {
    const out = {
      settings: '2 processes, 1 thread, no batches',
      rounds: 1,
      out: 'others were better',
      points: [other],
    };
    const unfit = { settings: 'batches of 8', rounds: 0, out: 'BATCHING_UNFIT', points: [] };
    const { tried } = report();
    const page = tuneHtml(report({ tried: [...tried, out, unfit] }));
    expect(page.match(/<circle/g)).toHaveLength(4);
    expect(page).toContain('<polyline');
    for (const words of ['others were better', 'BATCHING_UNFIT', 'A &#60;fast&#62; CPU', '2.50 ×', 'stayed'])
      expect(page).toContain(words);
    expect(page).not.toMatch(/<script|https?:|NaN|undefined/);
  });

  test('without any measurement has no chart', () => {
    const nothing = { tried: [], frontier: [], winner: null, present: null };
    expect(tuneHtml(report(nothing))).toContain('Nothing to draw.');
  });
});
