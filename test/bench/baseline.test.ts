import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { proveComparable, readBaseline } from '../../src/bench/baseline.ts';
import { spread } from '../../src/bench/cold-start.ts';
import { coldOf, reportOf, runOf } from './reports.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-baseline-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function written(content: unknown): Promise<string> {
  const file = join(folder, 'baseline.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const report = { schema_version: 1, ...reportOf(runOf(), runOf({ mode: 'open', rate: 50, server: null })) };

describe('reading', () => {
  test('what --json has written', async () => {
    const { runs, machine } = await readBaseline(await written(report));
    expect(runs.map(({ connections, rate }) => [connections, rate])).toEqual([
      [8, null],
      [8, 50],
    ]);
    expect(runs[0]).toMatchObject({ requests_per_second: 1000, latency_ms: runOf().latency_ms });
    expect(machine).toEqual({ cpu: 'Some CPU', cores: 2 });
  });

  test('a file that is not there', async () => {
    await expect(readBaseline(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  test.each([
    ['no JSON', 'p99', undefined],
    ['another document', { schema_version: 1, kind: 'validation' }, 'kind'],
    ['another version', { ...report, schema_version: 2 }, 'schema_version'],
    ['a figure that is none', { ...report, runs: [{ ...runOf(), connections: '8' }] }, 'runs.0.connections'],
    [
      'a figure that is missing',
      { ...report, runs: [{ ...runOf(), latency_ms: {} }] },
      'runs.0.latency_ms.p50',
    ],
  ])('%s is refused, and its place is told', async (_, content, path) => {
    const file = await written(content);
    await expect(readBaseline(file)).rejects.toMatchObject({
      code: 'BENCH_BASELINE_MALFORMED',
      exit: 2,
      details: { at: { file, ...(path !== undefined && { path }) } },
    });
  });
});

describe('comparing', () => {
  const asked = { protocol: 'plain', shapes: [{ connections: 8 }], isColdStart: false };

  test('the same windows are comparable, in any order, and fewer of them', async () => {
    const baseline = await readBaseline(await written(report));
    const shapes = [{ connections: 8, rate: 50 }, { connections: 8 }];
    expect(() => proveComparable(baseline, 'b.json', { ...asked, shapes })).not.toThrow();
    expect(() => proveComparable(baseline, 'b.json', asked)).not.toThrow();
  });

  test.each([
    [{ protocol: 'v2' }, 'it has load over plain, and load over v2 is asked for'],
    [
      { shapes: [{ connections: 9 }] },
      'it has 8 connections; 50/s, 8 connections, and 9 connections is asked for',
    ],
    [{ shapes: [{ connections: 8, rate: 51 }] }, '51/s, 8 connections is asked for'],
    [{ isColdStart: true }, 'it has none, and cold starts is asked for'],
  ])('%j is a misfit', async (change, told) => {
    const baseline = await readBaseline(await written(report));
    expect(() => proveComparable(baseline, 'b.json', { ...asked, ...change })).toThrow(
      expect.objectContaining({ code: 'BENCH_BASELINE_MISFIT', message: expect.stringContaining(told) }),
    );
  });

  test('cold starts are compared with cold starts', async () => {
    const cold = await readBaseline(await written({ ...report, runs: [], cold_start: coldOf(100) }));
    expect(() => proveComparable(cold, 'b.json', { ...asked, isColdStart: true })).not.toThrow();
    expect(() => proveComparable(cold, 'b.json', asked)).toThrow('it has no load, and 8 connections');
  });
});

test.each([
  [[3], { median: 3, min: 3, max: 3 }],
  [[3, 1], { median: 2, min: 1, max: 3 }],
  [[9, 1, 2.04], { median: 2, min: 1, max: 9 }],
  [[4, 1, 2, 3], { median: 2.5, min: 1, max: 4 }],
])('the spread of %j is %j', (values, expected) => {
  expect(spread(values)).toEqual(expected);
});
