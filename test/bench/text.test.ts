import { expect, test } from 'vitest';
import { isSound, runName } from '../../src/bench/report.ts';
import { showMs } from '../../src/bench/show-ms.ts';
import { benchText, columns } from '../../src/bench/text.ts';
import { coldOf, reportOf, runOf } from './reports.ts';

test('one line a run, the server’s own figures below', () => {
  expect(benchText(reportOf(runOf({ connections: 1 }), runOf({ connections: 32 })))).toBe(
    `./iris over plain: 84 B asked, 281 B answered, compared with the sample
2 × Some CPU, Node 26.10.0; 0.02 ms a run: on the event loop

load            requests/s  p50 ms   p90   p95   p99  p99.9   max  errors
1 connection        1000.0   0.900  1.00  1.10  2.00   3.00  4.00       0
32 connections      1000.0   0.900  1.00  1.10  2.00   3.00  4.00       0

server, mean µs  decode   run  CPU a request    memory
1 connection       20.5  50.0            120  100.0 MB
32 connections     20.5  50.0            120  100.0 MB`,
  );
});

test('a server that says nothing of itself has no such table; faults are told', () => {
  const run = runOf({ server: null, errors: { 503: 3, timeout: 1 }, wrong_answer: 'output "a" is missing' });
  const text = benchText({ ...reportOf(run), engine: null });
  expect(text).not.toContain('server, mean');
  expect(text).toContain('8 connections: not answered: 3 × 503, 1 × timeout');
  expect(text).toContain('8 connections: wrong answer: output "a" is missing');
  expect(text).toMatch(/ 4$/m);
});

test.each([
  [{}, true],
  [{ errors: { 503: 1 } }, false],
  [{ answered: 0 }, false],
  [{ wrong_answer: 'x' }, false],
])('%j is sound: %s', (change, expected) => {
  expect(isSound(runOf(change))).toBe(expected);
});

test('a run is named by how its load was made', () => {
  expect(runName(runOf({ mode: 'open', rate: 50, connections: 64 }))).toBe('50/s, 64 connections');
  expect(runName(runOf({ connections: 1 }))).toBe('1 connection');
});

test('milliseconds have three digits that matter', () => {
  expect([0.0612, 1.2345, 12.345, 123.45].map(showMs)).toEqual(['0.061', '1.23', '12.3', '123']);
});

test('columns are as wide as their widest cell', () => {
  expect(
    columns([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
  ).toEqual(['a    bb', 'ccc   d']);
});

test('cold starts have a table of their own', () => {
  const text = benchText({ ...reportOf(), cold_start: coldOf(200) });
  expect(text).toContain(`from the start, 3 times  median ms  min  max
ready                          200  195  205
first right answer             210  205  215`);
  expect(text).not.toContain('requests/s');
});
