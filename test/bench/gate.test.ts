import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseGates } from '../../src/bench/gate.ts';
import { metrics } from '../../src/bench/gate-metrics.ts';
import { judge, verdictRows } from '../../src/bench/judge.ts';
import { coldOf, reportOf, runOf } from './reports.ts';

describe('the grammar', () => {
  test('takes several, relative and absolute', () => {
    expect(parseGates('p99<+10%, rps>-5%,p99.9<20ms')).toEqual([
      { text: 'p99<+10%', metric: 'p99', side: '<', limit: { kind: 'relative', percent: 10 } },
      { text: 'rps>-5%', metric: 'rps', side: '>', limit: { kind: 'relative', percent: -5 } },
      { text: 'p99.9<20ms', metric: 'p99.9', side: '<', limit: { kind: 'absolute', value: 20 } },
    ]);
  });

  test.each([
    ['p50<500us', 0.5],
    ['p50<1.5s', 1500],
    ['rps>1000', 1000],
    ['cpu<200us', 200],
    ['cpu<1ms', 1000],
    ['rss<200MB', 200_000_000],
    ['rss<100MiB', 104_857_600],
    ['ready<2s', 2000],
    ['first_answer<300ms', 300],
  ])('%s is %d in its unit', (text, value) => {
    expect(parseGates(text)[0]!.limit).toEqual({ kind: 'absolute', value });
  });

  test.each([
    ['', 'there is no < or > in it'],
    ['p99', 'there is no < or > in it'],
    ['p99<+10%,', 'there is no < or > in it'],
    ['p99=10ms', 'there is no < or > in it'],
    ['p98<10ms', '"p98" is no figure (did you mean "p90"?)'],
    ['<10ms', '"" is no figure'],
    ['p99<<10ms', '"<10ms" is no limit for it'],
    ['p99<=10ms', '"=10ms" is no limit for it'],
    ['p99<10%', '"10%" is no limit for it'],
    ['p99<+10', '"+10" is no limit for it'],
    ['p99<10', '"10" is no limit for it'],
    ['p99<-10ms', '"-10ms" is no limit for it'],
    ['rps>100ms', '"100ms" is no limit for it'],
    ['rss<200', '"200" is no limit for it'],
    ['rss<200ms', '"200ms" is no limit for it'],
    ['p99<1e3ms', '"1e3ms" is no limit for it'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseGates(text)).toThrow(
      expect.objectContaining({
        code: 'BENCH_GATE_MALFORMED',
        exit: 2,
        message: expect.stringContaining(reason),
        details: expect.objectContaining({ field: '--gate', expected: expect.any(String) }),
      }),
    );
  });

  test('every figure takes a change and keeps its number', () => {
    const percent = fc.integer({ min: -9999, max: 9999 }).map((tenths) => tenths / 10);
    fc.assert(
      fc.property(
        fc.constantFrom(...metrics.keys()),
        fc.constantFrom('<', '>'),
        percent,
        (name, side, change) => {
          const text = `${name}${side}${change < 0 ? '' : '+'}${change}%`;
          expect(parseGates(text)).toEqual([
            { text, metric: name, side, limit: { kind: 'relative', percent: change } },
          ]);
        },
      ),
    );
  });
});

describe('judging', () => {
  const before = { schema_version: 1 as const, ...reportOf(runOf()) };

  function verdictsOf(gates: string, change = {}) {
    return judge(reportOf(runOf(change)), parseGates(gates), before as never);
  }

  test('a change is of the same window of the baseline', () => {
    const [slower, fewer] = verdictsOf('p99<+10%,rps>-5%', {
      requests_per_second: 951,
      latency_ms: { ...runOf().latency_ms, p99: 2.3 },
    });
    expect(slower).toMatchObject({ of: '8 connections', ok: false, value: 2.3, baseline: 2 });
    expect(slower!.limit).toBeCloseTo(2.2);
    expect(fewer).toMatchObject({ ok: true, value: 951, limit: 950, baseline: 1000 });
  });

  test.each([
    ['rps>1000', false],
    ['rps>999', true],
    ['rps<1000', false],
    ['p50<0.9ms', false],
    ['p99.9<3001us', true],
    ['mean<1ms', true],
    ['cpu<+0%', false],
    ['rss<101MB', true],
  ])('%s is %s; the limit itself is beyond it', (gate, ok) => {
    expect(verdictsOf(gate)[0]!.ok).toBe(ok);
  });

  test('every window is judged', () => {
    const report = reportOf(runOf({ connections: 1 }), runOf({ connections: 32, requests_per_second: 10 }));
    expect(judge(report, parseGates('rps>100'), undefined).map(({ of, ok }) => [of, ok])).toEqual([
      ['1 connection', true],
      ['32 connections', false],
    ]);
  });

  test('what cannot be told is not held', () => {
    expect(verdictsOf('cpu<1ms', { server: null })).toEqual([
      { gate: 'cpu<1ms', of: '8 connections', ok: false, value: null, limit: 1000, baseline: 120 },
    ]);
    expect(verdictsOf('ready<1s')).toMatchObject([{ of: 'nothing', ok: false, value: null }]);
    const other = reportOf(runOf({ connections: 5 }));
    expect(judge(other, parseGates('p50<+5%'), before as never)).toMatchObject([{ ok: false, limit: null }]);
  });

  test('cold starts have their own figures', () => {
    const report = { ...reportOf(), cold_start: coldOf(200) };
    const old = { ...reportOf(), cold_start: coldOf(150) };
    expect(judge(report, parseGates('ready<+20%,first_answer<1s'), old as never)).toMatchObject([
      { of: 'cold start', ok: false, value: 200, limit: 180, baseline: 150 },
      { of: 'cold start', ok: true, value: 210, limit: 1000, baseline: 160 },
    ]);
  });

  test('the table has figures with their units', () => {
    const gates = parseGates('p99<+10%,rps>-5%,rss<90MB,cpu<1ms');
    const rows = verdictRows(judge(reportOf(runOf()), gates, before as never), gates);
    expect(rows).toEqual([
      ['gate', 'load', 'measured', 'limit', 'baseline', ''],
      ['p99<+10%', '8 connections', '2.00 ms', '2.20 ms', '2.00 ms', 'ok'],
      ['rps>-5%', '8 connections', '1000.0/s', '950.0/s', '1000.0/s', 'ok'],
      ['rss<90MB', '8 connections', '100.0 MB', '90.0 MB', '100.0 MB', 'FAILED'],
      ['cpu<1ms', '8 connections', '120 µs', '1000 µs', '120 µs', 'ok'],
    ]);
  });
});
