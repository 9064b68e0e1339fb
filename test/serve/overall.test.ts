import { describe, expect, it } from 'vitest';
import { Metrics } from '../../src/observability/metrics.ts';
import type { Snapshot } from '../../src/observability/snapshot.ts';
import { addUp } from '../../src/serve/overall.ts';
import { Watch } from '../../src/serve/watch.ts';
import { parseExposition, seriesValue } from '../observability/exposition.ts';

async function processWith(requests: number, rows: number): Promise<Snapshot> {
  const metrics = new Metrics();
  for (let index = 0; index < requests; index++) {
    const watch = new Watch();
    watch.rows = rows;
    watch.lap('run');
    watch.record(metrics, { name: 'iris', version: '1' }, 'predict', index === 0 ? 400 : 200);
  }
  metrics.reject('none', 404);
  const gauges = { model: 'iris', version: '1', engine: 'inline', waiting: requests, running: 1 };
  return structuredClone(await metrics.snapshot([gauges]));
}

describe('the figures of a server of several processes', () => {
  it('are the sums of theirs', async () => {
    const { metrics, models, processes } = addUp([await processWith(3, 2), await processWith(5, 1)]);
    expect(models).toEqual([{ model: 'iris', version: '1', engine: 'inline', waiting: 8, running: 2 }]);
    expect(metrics.totals('iris', '1')).toMatchObject({
      success: { count: 6 },
      failed: { count: 2 },
      rows: 8,
    });
    const families = parseExposition(
      await metrics.render({ ready: () => true, models: () => models }, processes),
    );
    expect(seriesValue(families, 'mdeploy_requests_total', { model: 'iris', code: '200' })).toBe(6);
    expect(seriesValue(families, 'mdeploy_requests_total', { model: 'iris', code: '400' })).toBe(2);
    expect(seriesValue(families, 'mdeploy_rejected_total', { api: 'none', code: '404' })).toBe(2);
    expect(seriesValue(families, 'mdeploy_request_duration_seconds_count', { model: 'iris' })).toBe(8);
    expect(seriesValue(families, 'mdeploy_phase_duration_seconds_count', { phase: 'run' })).toBe(8);
    const [one] = (await processWith(1, 1)).process.filter(
      ({ name }) => name === 'process_resident_memory_bytes',
    );
    const all = seriesValue(families, 'process_resident_memory_bytes');
    expect(all).toBeGreaterThan(1.5 * Number(one?.values[0]?.value));
  });

  it('have the caches of all processes, and none where none has one', async () => {
    const withCache = async (hits: number, cacheBytes: number) => {
      const { models, ...snapshot } = await processWith(1, 1);
      const cache = { hits: { count: hits, ms: 1 }, misses: { count: 1, ms: 1 } };
      const totals = snapshot.totals.map((of) => ({ ...of, totals: { ...of.totals, cache } }));
      return { ...snapshot, totals, models: models.map((gauges) => ({ ...gauges, cacheBytes })) };
    };
    const { metrics, models } = addUp([await withCache(3, 100), await withCache(4, 50)]);
    expect(models[0]?.cacheBytes).toBe(150);
    expect(metrics.totals('iris', '1').cache).toEqual({
      hits: { count: 7, ms: 2 },
      misses: { count: 2, ms: 2 },
    });
    const without = addUp([await processWith(1, 1), await processWith(1, 1)]);
    expect(without.models[0]).not.toHaveProperty('cacheBytes');
    expect(without.metrics.totals('iris', '1').cache).toBeUndefined();
  });

  it('keep what was counted by a process that is gone', async () => {
    const gone = new Metrics();
    gone.add(await processWith(4, 1));
    const left = { ...gone.counts(), models: [], process: [] };
    const { metrics, models } = addUp([left, await processWith(1, 1)]);
    expect(metrics.totals('iris', '1').failed.count).toBe(2);
    expect(metrics.requests()[0]?.codes.get(200)).toBe(3);
    expect(models[0]?.waiting).toBe(1);
  });
});
