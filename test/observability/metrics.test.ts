import { describe, expect, it } from 'vitest';
import { type Gauges, Metrics } from '../../src/observability/metrics.ts';
import { parseExposition, seriesValue } from './exposition.ts';

const phases = ['decode', 'prepare', 'queue', 'run', 'finish', 'encode'] as const;

const gauges: Gauges = {
  ready: () => true,
  models: () => [{ model: 'iris', version: '3', engine: '0.1 ms a run', waiting: 2, running: 1 }],
};

async function rendered(metrics: Metrics, state: Gauges = gauges) {
  return parseExposition(await metrics.render(state));
}

function answered(metrics: Metrics, model: string, api: string, code: number, ms = 1): void {
  const meters = metrics.of(model, api);
  meters.codes.set(code, (meters.codes.get(code) ?? 0) + 1);
  meters.duration.record(ms);
  for (const phase of phases) meters.phases[phase].record(ms / phases.length);
}

describe('Metrics', () => {
  it('are valid before anything has happened, with the process’s own', async () => {
    const families = await rendered(new Metrics());
    expect(families.get('mdeploy_requests_total')).toMatchObject({ type: 'counter', series: [] });
    expect(families.has('process_cpu_seconds_total')).toBe(true);
    expect(families.has('nodejs_eventloop_lag_seconds')).toBe(true);
    expect(seriesValue(families, 'mdeploy_ready')).toBe(1);
  });

  it('count by model, API and status, and time each phase', async () => {
    const metrics = new Metrics();
    for (let index = 0; index < 5; index++) answered(metrics, 'iris', 'predict', 200);
    answered(metrics, 'iris', 'predict', 400);
    answered(metrics, 'digits', 'predict', 200, 3000);
    const families = await rendered(metrics);
    expect(seriesValue(families, 'mdeploy_requests_total', { model: 'iris', code: '200' })).toBe(5);
    expect(seriesValue(families, 'mdeploy_requests_total', { model: 'iris', code: '400' })).toBe(1);
    expect(seriesValue(families, 'mdeploy_request_duration_seconds_count', { model: 'iris' })).toBe(6);
    expect(seriesValue(families, 'mdeploy_request_duration_seconds_sum', { model: 'digits' })).toBeCloseTo(3);
    for (const phase of phases) {
      expect(seriesValue(families, 'mdeploy_phase_duration_seconds_count', { model: 'iris', phase })).toBe(6);
    }
  });

  it('keep what reached no model apart', async () => {
    const metrics = new Metrics();
    metrics.reject('predict', 404);
    metrics.reject('predict', 404);
    metrics.reject('none', 405);
    const families = await rendered(metrics);
    expect(seriesValue(families, 'mdeploy_rejected_total', { api: 'predict', code: '404' })).toBe(2);
    expect(seriesValue(families, 'mdeploy_rejected_total', { api: 'none', code: '405' })).toBe(1);
    expect(families.get('mdeploy_requests_total')!.series).toEqual([]);
  });

  it('tell the state of the moment', async () => {
    const families = await rendered(new Metrics(), { ...gauges, ready: () => false });
    expect(seriesValue(families, 'mdeploy_ready')).toBe(0);
    expect(seriesValue(families, 'mdeploy_queue_waiting', { model: 'iris', version: '3' })).toBe(2);
    expect(seriesValue(families, 'mdeploy_engine_running', { model: 'iris' })).toBe(1);
    expect(seriesValue(families, 'mdeploy_model_info', { engine: '0.1 ms a run' })).toBe(1);
  });

  it('count lines of the log that were lost', async () => {
    const metrics = new Metrics();
    metrics.logFailed();
    expect(seriesValue(await rendered(metrics), 'mdeploy_log_failures_total')).toBe(1);
  });

  it.each(['a"b', 'a\\b', 'a\nb', 'a\\nb"', '{x="y"}', '日本'])('escape a label of %j', async (model) => {
    const metrics = new Metrics();
    answered(metrics, model, 'predict', 200);
    expect(seriesValue(await rendered(metrics), 'mdeploy_requests_total', { model })).toBe(1);
  });

  it('take names of objects’ own properties for names', async () => {
    const metrics = new Metrics();
    for (const model of ['__proto__', 'constructor', 'toString']) answered(metrics, model, 'predict', 200);
    const families = await rendered(metrics);
    expect(families.get('mdeploy_requests_total')!.series.map(({ labels }) => labels.model)).toEqual([
      '__proto__',
      'constructor',
      'toString',
    ]);
  });
});
