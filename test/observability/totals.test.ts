import { describe, expect, test } from 'vitest';
import { Metrics } from '../../src/observability/metrics.ts';
import { Watch } from '../../src/serve/watch.ts';

describe('the totals of a version', () => {
  test('count what was answered and what was not, apart', () => {
    const totals = new Metrics().totals('iris', '1');
    expect(totals).toMatchObject({ rows: 0, lastAt: 0, success: { count: 0, ms: 0 } });
    const before = Date.now();
    totals.add(true, 2, 5);
    totals.add(true, 3, 1);
    totals.add(false, 7, 9);
    expect(totals).toMatchObject({ rows: 6, success: { count: 2, ms: 5 }, failed: { count: 1, ms: 7 } });
    expect(totals.lastAt).toBeGreaterThanOrEqual(before);
  });

  test('are kept per model and version', () => {
    const metrics = new Metrics();
    metrics.totals('iris', '1').add(true, 1, 1);
    expect(metrics.totals('iris', '1').rows).toBe(1);
    expect(metrics.totals('iris', '2').rows).toBe(0);
    expect(metrics.totals('wine', '1').rows).toBe(0);
  });

  test('are recorded by the stop-watch, over all APIs', () => {
    const metrics = new Metrics();
    for (const api of ['predict', 'infer']) {
      const watch = new Watch();
      watch.rows = 4;
      watch.lap('decode');
      watch.lap('run');
      watch.record(metrics, { name: 'iris', version: '1' }, api, 200);
    }
    const totals = metrics.totals('iris', '1');
    expect(totals).toMatchObject({ rows: 8, success: { count: 2 }, failed: { count: 0 } });
    expect(totals.phases.run.count).toBe(2);
    expect(totals.phases.encode.count).toBe(0);
    expect(totals.success.ms).toBeGreaterThanOrEqual(totals.phases.run.ms + totals.phases.decode.ms);
  });

  test('do not count a request that reached no model', async () => {
    const metrics = new Metrics();
    new Watch().record(metrics, undefined, 'infer', 404);
    expect(metrics.totals('iris', '1').failed.count).toBe(0);
    const text = await metrics.render({ ready: () => true, models: () => [] });
    expect(text).toContain('mdeploy_rejected_total{api="infer",code="404"} 1');
  });
});
