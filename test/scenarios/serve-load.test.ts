import { describe, expect, it, vi } from 'vitest';
import { loadCase } from '../fixtures.ts';
import { parseExposition, seriesValue } from '../observability/exposition.ts';
import { modelFolder, picture, predict, Server } from './server.ts';

async function metrics(url: string) {
  return parseExposition(await (await fetch(`${url}/metrics`)).text());
}

describe('a tiny model', () => {
  it.each([
    ['each run alone', ''],
    ['run in batches', 'serving: {batching: {max_batch_size: 8, max_queue_delay_ms: 1}}'],
  ])(
    'answers a thousand requests at once, %s, each with its own answer, and counts them',
    async (_, lines) => {
      const golden = loadCase('sklearn/iris_logreg');
      const server = new Server([await modelFolder('sklearn/iris_logreg', lines), '--port', '0']);
      const url = await server.ready();
      const values = golden.inputs[0]!.data as Float32Array;
      const labels = [...(golden.outputs[0]!.data as BigInt64Array)].map(Number);
      const ask = async (index: number) => {
        const row = [...values.subarray((index % 4) * 4, (index % 4) * 4 + 4)];
        const reply = await predict(url, JSON.stringify([row]));
        const { predictions } = (await reply.json()) as { predictions: { label: number }[] };
        expect(predictions[0]!.label).toBe(labels[index % 4]);
      };
      for (let round = 0; round < 10; round++) {
        await Promise.all(Array.from({ length: 100 }, (_, index) => ask(index)));
      }
      const families = await metrics(url);
      const model = 'model';
      expect(seriesValue(families, 'mdeploy_requests_total', { model, code: '200' })).toBe(1000);
      expect(seriesValue(families, 'mdeploy_request_duration_seconds_count', { model })).toBe(1000);
      for (const phase of ['decode', 'prepare', 'queue', 'run', 'finish', 'encode'])
        expect(seriesValue(families, 'mdeploy_phase_duration_seconds_count', { model, phase })).toBe(1000);
      expect(seriesValue(families, 'mdeploy_ready')).toBe(1);
      await server.stop();
    },
  );
});

describe('a model that takes long', () => {
  const lines = (serving: string) => `runtime: {intra_op_threads: 1}\nserving: {${serving}}`;

  it('does not hold up the health checks', async () => {
    const server = new Server([await modelFolder('perf/resnet50', lines('')), '--port', '0']);
    const url = await server.ready();
    expect(String((await server.logged('ready')).engine)).toContain('worker thread');
    const asked = Promise.all(Array.from({ length: 5 }, () => predict(url, picture)));
    const times: number[] = [];
    let isOver = false;
    void asked.then(() => {
      isOver = true;
    });
    while (!isOver) {
      const begun = performance.now();
      await (await fetch(`${url}/healthz`)).text();
      times.push(performance.now() - begun);
    }
    expect((await asked).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    times.sort((a, b) => a - b);
    // A run takes 100 ms and more; a check that waited for one would show it.
    expect(times[Math.floor(times.length / 2)]).toBeLessThan(30);
    await server.stop();
  });

  it('a deadline is kept while it runs, and the next request is served', async () => {
    const server = new Server([await modelFolder('perf/resnet50', lines('timeout_ms: 40')), '--port', '0']);
    const url = await server.ready();
    const begun = performance.now();
    const late = await predict(url, picture);
    expect(late.status).toBe(504);
    expect(await late.json()).toMatchObject({
      error: { code: 'DEADLINE_EXCEEDED', message: 'The request was not answered within 40 ms.' },
    });
    expect(performance.now() - begun).toBeLessThan(1000);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('a full queue is told at once, and who left it is not inferred for', async () => {
    const folder = await modelFolder('perf/resnet50', lines('queue: {max_size: 3, timeout_ms: 60000}'));
    const server = new Server([folder, '--port', '0']);
    const url = await server.ready();
    // More than the queue takes arrive before the first run is over.
    const leaving = new AbortController();
    const asked = Array.from({ length: 10 }, () => predict(url, picture, { signal: leaving.signal }));
    const refused = await Promise.race(asked);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    const gone = Promise.allSettled(asked);
    leaving.abort();
    await gone;
    await vi.waitFor(async () => expect(seriesValue(await metrics(url), 'mdeploy_queue_waiting')).toBe(0));
    await vi.waitFor(async () => expect(seriesValue(await metrics(url), 'mdeploy_engine_running')).toBe(0));
    const families = await metrics(url);
    const answered = (code: string) => seriesValue(families, 'mdeploy_requests_total', { code });
    expect(answered('503')).toBeGreaterThan(0);
    expect(answered('499')).toBeGreaterThan(0);
    expect(seriesValue(families, 'mdeploy_phase_duration_seconds_count', { phase: 'run' })).toBe(
      answered('200'),
    );
    await server.stop();
  });
});
