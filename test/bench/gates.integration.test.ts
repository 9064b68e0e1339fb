import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { coldOf, reportOf, runOf } from './reports.ts';
import { iris, runBench, short } from './run-bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-gates-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function baseline(content: object): Promise<string> {
  const file = join(folder, 'baseline.json');
  await writeFile(file, JSON.stringify({ schema_version: 1, ...content }));
  return file;
}

test('--html writes the page beside the other forms; where it cannot be written is exit 3', async () => {
  const page = join(folder, 'report.html');
  const args = [iris, ...short, '--connections', '1', '--gate', 'max<60s', '--json', '--html'];
  const { stdout, exitCode } = await runBench([...args, page]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).runs).toHaveLength(1);
  expect(readFileSync(page, 'utf8')).toContain('<td>max&#60;60s</td><td>1 connection</td>');
  const nowhere = await runBench([...args, join(folder, 'none', 'report.html')]);
  expect([nowhere.exitCode, JSON.parse(nowhere.stdout).error.code]).toEqual([3, 'FILE_UNWRITABLE']);
});

describe('gates', () => {
  test('that are held are exit 0, one that is not is exit 1, and each is shown', async () => {
    const file = await baseline(reportOf(runOf({ connections: 2, requests_per_second: 1 })));
    const args = [iris, ...short, '--connections', '2', '--baseline', file, '--gate'];
    const held = await runBench([...args, 'rps>-5%,max<60s']);
    expect(held.stdout).toMatch(/rps>-5% +2 connections +\S+\/s +0\.9\/s +1\.0\/s +ok/);
    expect(held.stdout).toMatch(/max<60s +2 connections +\S+ ms +60000 ms +4\.00 ms +ok/);
    expect(held.stderr).toContain('The baseline is of another machine: 2 × Some CPU.');
    expect(held.exitCode).toBe(0);
    const beyond = await runBench([...args, 'rps>-5%,p50<1us', '--json']);
    expect(beyond.exitCode).toBe(1);
    expect(JSON.parse(beyond.stdout).gates).toMatchObject([
      { gate: 'rps>-5%', ok: true, baseline: 1 },
      { gate: 'p50<1us', ok: false, limit: 0.001 },
    ]);
  });

  test.each([
    { args: ['--gate', 'p99<+10%'], problem: 'is relative: --baseline is missing' },
    { args: ['--baseline', 'x.json'], problem: '--gate is missing' },
    { args: ['--gate', 'p99<10'], problem: 'BENCH_GATE_MALFORMED' },
    { args: ['--gate', 'ready<1s'], problem: 'The gate "ready<1s" needs --cold-start.' },
    { args: ['--gate', 'p99<1s', '--cold-start', '2'], problem: 'cannot be with --cold-start' },
    { args: ['--rate', '5', '--cold-start', '2'], problem: 'leave out --url, --connections and --rate' },
    { args: ['--cold-start', '1,2'], problem: '--cold-start takes one number' },
  ])('$args is exit 2 before anything is started', async ({ args, problem }) => {
    const { stderr, exitCode } = await runBench([iris, ...args]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(problem) });
  });

  test('with a baseline of another load are exit 2', async () => {
    const file = await baseline(reportOf(runOf()));
    const { stdout, exitCode } = await runBench([iris, '--baseline', file, '--gate', 'p99<+5%', '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'BENCH_BASELINE_MISFIT',
      message: expect.stringContaining('it has 8 connections, and 1 connection is asked for'),
    });
  });
});

test('cold starts are timed to readiness and to the first right answer, and judged', async () => {
  const file = await baseline({ ...reportOf(), cold_start: coldOf(60_000) });
  const args = [
    iris,
    '--cold-start',
    '2',
    '--baseline',
    file,
    '--gate',
    'ready<+10%,first_answer<1ms',
    '--json',
  ];
  const { stdout, exitCode } = await runBench(args);
  const report = JSON.parse(stdout);
  expect(exitCode).toBe(1);
  expect(report).toMatchObject({ runs: [], checked_against: 'sample', cold_start: { starts: 2 } });
  const { ready_ms: ready, first_answer_ms: first } = report.cold_start;
  expect([ready.min > 0, first.median > ready.median, ready.max >= ready.min]).toEqual([true, true, true]);
  expect(report.gates).toMatchObject([
    { gate: 'ready<+10%', of: 'cold start', ok: true },
    { gate: 'first_answer<1ms', of: 'cold start', ok: false },
  ]);
});
