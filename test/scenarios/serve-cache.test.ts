import { describe, expect, it } from 'vitest';
import { parseExposition, seriesValue } from '../observability/exposition.ts';
import { GrpcClient } from '../serve/grpc-client.ts';
import { modelFolder, predict, Server } from './server.ts';

const row = '[[5.1, 3.5, 1.4, 0.2]]';
const settings = 'serving: {response_cache: {max_bytes: 64KiB}, server_timing: true}';

async function cacheFigures(url: string) {
  const families = parseExposition(await (await fetch(`${url}/metrics`)).text());
  const of = (name: string) =>
    seriesValue(families, `mdeploy_cache_${name}`, { model: 'model', version: '1' });
  return { hits: of('hits_total'), misses: of('misses_total'), bytes: of('bytes') };
}

describe('a server with a response cache', () => {
  it('answers what is known from memory, over every protocol, and tells so', async () => {
    const folder = await modelFolder('sklearn/iris_logreg', settings);
    const server = new Server([folder, '--port', '0', '--grpc-port', '0']);
    const { url, grpc } = (await server.logged('ready')) as { url: string; grpc: string };
    expect(await cacheFigures(url)).toEqual({ hits: 0, misses: 0, bytes: 0 });
    const first = await predict(url, row);
    expect(first.headers.get('server-timing')).toMatch(/run;dur=[\d.]+, .*cache;desc=miss;dur=/);
    const second = await predict(url, row);
    expect(second.headers.get('server-timing')).toMatch(
      /^decode;dur=[\d.]+, prepare;dur=.*cache;desc=hit;dur=/,
    );
    expect(await second.text()).toBe(await first.text());
    const client = new GrpcClient(grpc);
    const inputs = [
      { name: 'X', datatype: 'FP32', shape: [1, 4], contents: { fp32Contents: [5.1, 3.5, 1.4, 0.2] } },
    ];
    await client.call('inference.GRPCInferenceService/ModelInfer', { modelName: 'model', inputs });
    client.close();
    expect(await cacheFigures(url)).toMatchObject({ hits: 2, misses: 1 });
    const stats = await (await fetch(`${url}/v2/models/model/stats`)).json();
    expect(stats).toMatchObject({
      model_stats: [
        {
          execution_count: 1,
          inference_stats: { success: { count: 3 }, cache_hit: { count: 2 }, cache_miss: { count: 1 } },
        },
      ],
    });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('stays within its bytes, and its answers stay right', async () => {
    const folder = await modelFolder('sklearn/iris_logreg', settings);
    const server = new Server([folder, '--port', '0']);
    const url = await server.ready();
    const answers = new Map<string, string>();
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 80; index++) {
        const body = `[[${index / 10}, 3.5, 1.4, 0.2]]`;
        const answer = await (await predict(url, body)).text();
        expect(answer).toBe(answers.get(body) ?? answer);
        answers.set(body, answer);
      }
    }
    const { bytes, hits, misses } = await cacheFigures(url);
    expect(bytes).toBeGreaterThan(32 * 1024);
    expect(bytes).toBeLessThanOrEqual(64 * 1024);
    // What was used longest ago has left each time before it was asked again.
    expect({ hits, misses }).toEqual({ hits: 0, misses: 160 });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('has one in each of several processes, counted together', async () => {
    const folder = await modelFolder('sklearn/iris_logreg', settings);
    const server = new Server([folder, '--port', '0', '--processes', '2']);
    const url = await server.ready();
    for (let index = 0; index < 10; index++)
      expect((await predict(url, row, { headers: { connection: 'close' } })).status).toBe(200);
    const { hits, misses } = await cacheFigures(url);
    expect(hits + misses).toBe(10);
    expect(misses).toBeGreaterThanOrEqual(1);
    expect(misses).toBeLessThanOrEqual(2);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('begins without answers when its model is loaded anew', async () => {
    const folder = await modelFolder('sklearn/iris_logreg', settings);
    const server = new Server([folder, '--port', '0', '--allow-repository-changes']);
    const url = await server.ready();
    await predict(url, row);
    await fetch(`${url}/v2/repository/models/model/load`, { method: 'POST' });
    expect(await cacheFigures(url)).toEqual({ hits: 0, misses: 1, bytes: 0 });
    expect((await predict(url, row)).headers.get('server-timing')).toContain('cache;desc=miss');
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});
