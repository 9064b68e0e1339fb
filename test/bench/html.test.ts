import { expect, test } from 'vitest';
import { benchHtml } from '../../src/bench/html.ts';
import type { Run } from '../../src/bench/report.ts';
import { coldOf, reportOf, runOf } from './reports.ts';

function attributes(page: string, name: string): string[] {
  return [...page.matchAll(new RegExp(`\\b${name}="([^"]*)"`, 'g'))].map(([, value]) => value!);
}

test('has both charts, every figure and the gates', () => {
  const runs = [runOf({ connections: 1, requests_per_second: 500 }), runOf({ connections: 32 })];
  const page = benchHtml(reportOf(...runs), [
    ['gate', 'load', ''],
    ['p99<+10%', '1 connection', 'FAILED'],
  ]);
  expect(page).toMatch(/^<!doctype html>/);
  expect(page.match(/<svg /g)).toHaveLength(2);
  expect(page.match(/<polyline /g)).toHaveLength(2);
  for (const cell of ['p99.9', '1000.0', '3.00', '100.0 MB', 'p99&#60;+10%', 'FAILED', '32 connections'])
    expect(page).toContain(`>${cell}<`);
});

test('the curve rises to the right, and stays inside its frame', () => {
  const page = benchHtml(reportOf(runOf()), []);
  const points = attributes(page, 'points')[0]!
    .split(' ')
    .map((pair) => pair.split(',').map(Number));
  expect(points).toHaveLength(5);
  points.slice(1).forEach(([x, y], index) => {
    expect(x!).toBeGreaterThan(points[index]![0]!);
    expect(y!).toBeLessThan(points[index]![1]!);
  });
  for (const [x, y] of points) {
    expect([x! >= 60 && x! <= 670, y! >= 15 && y! <= 300]).toEqual([true, true]);
  }
});

test('the bars are as long as their figures', () => {
  const runs = [runOf({ requests_per_second: 250 }), runOf({ connections: 9, requests_per_second: 1000 })];
  const [short, long] = attributes(benchHtml(reportOf(...runs), []), 'width')
    .map(Number)
    .slice(-2);
  expect(long! / short!).toBeCloseTo(4, 1);
});

test('loads nothing and runs nothing', () => {
  const page = benchHtml(reportOf(runOf()), []);
  expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:|\bon\w+="/i);
});

test('what is foreign is text', () => {
  const nasty = `<script>alert('1')</script>"&`;
  const report = { ...reportOf(runOf({ wrong_answer: nasty, errors: { [nasty]: 1 } })), target: nasty };
  const page = benchHtml({ ...report, engine: nasty, protocol: nasty }, [[nasty]]);
  expect(page).not.toContain('<script');
  expect(page.match(/&#60;script&#62;/g)!.length).toBeGreaterThan(5);
});

test.each<[string, Partial<Run>]>([
  ['no answer', { answered: 0, curve: [], requests_per_second: 0, server: null }],
  ['one answer', { curve: [[0, 0]] }],
  [
    'answers that all take the same',
    {
      curve: [
        [0, 10],
        [50, 10],
      ],
    },
  ],
])('%s is no fault of the page', (_, change) => {
  expect(benchHtml(reportOf(runOf(change)), [])).not.toMatch(/NaN|Infinity|undefined/);
});

test('cold starts are a table without charts', () => {
  const page = benchHtml({ ...reportOf(), cold_start: coldOf(200) }, []);
  expect(page).not.toContain('<svg');
  expect(page).toContain('<td>ready</td><td>200</td><td>195</td><td>205</td>');
});
