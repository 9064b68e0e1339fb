import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { failure } from '../../src/core/errors/error.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import type { LoadedVersion } from '../../src/repository/loaded-version.ts';
import { Repository } from '../../src/repository/repository.ts';
import { answer, infer, refuse } from '../../src/serve/infer.ts';
import { plain } from '../../src/serve/protocols/plain.ts';
import { Watch } from '../../src/serve/watch.ts';
import { parseExposition, seriesValue } from '../observability/exposition.ts';
import { echoVersion } from './doors/opened.ts';

const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) };
const call = { id: 'r1', method: 'POST', path: '/predict' };

function ticket() {
  return { deadline: performance.now() + 1000, limitMs: 1000 };
}

function houseWith(version: LoadedVersion) {
  const repository = new Repository();
  repository.add(version);
  const lines: Record<string, unknown>[] = [];
  const house = {
    repository,
    metrics: new Metrics(),
    overall: () => Promise.reject(new Error('nobody asks')),
    log: pino({}, { write: (line: string) => lines.push(JSON.parse(line)) }),
    timeoutMs: 1000,
    maxBodyBytes: 1000,
    state: 'ready' as const,
    status: () => 'ready' as const,
  };
  return { house, lines };
}

function road(version: LoadedVersion, inputs: readonly Tensor[] = [x], outputs?: readonly string[]) {
  const { house } = houseWith(version);
  const request = { model: 'echo', inputs, ...(outputs && { outputs }) };
  return { house, response: infer(request, ticket(), house.repository, new Watch()) };
}

describe('infer', () => {
  it('takes the rooms in order: preparation, gauge, engine, finishing', async () => {
    const log: string[] = [];
    const version: LoadedVersion = {
      ...echoVersion({
        run: async (inputs, outputs) => {
          log.push(`run ${inputs[0]!.data.join()} for ${outputs}`);
          return [{ ...inputs[0]!, name: 'y' }];
        },
      }),
      prepare: (tensors) => {
        log.push(`prepare ${tensors[0]!.data.join()}`);
        return [{ ...tensors[0]!, data: Float32Array.of(3, 4) }];
      },
      finish: async (tensors) => {
        log.push(`finish ${tensors[0]!.data.join()}`);
        return [
          { ...tensors[0]!, name: 'top' },
          { ...tensors[0]!, name: 'rest' },
        ];
      },
      outputNames: ['top', 'rest'],
    };
    expect(await road(version).response).toMatchObject({
      model: 'echo',
      version: '1',
      outputs: [{ name: 'top' }, { name: 'rest' }],
    });
    expect(log).toEqual(['prepare 1,2', 'run 3,4 for y', 'finish 3,4']);
    const only = await road(version, [x], ['rest']).response;
    expect(only.outputs.map(({ name }) => name)).toEqual(['rest']);
  });

  it.each([undefined, []])('outputs %j mean all of them', async (wanted) => {
    const { response } = road(echoVersion(), [x], wanted);
    expect((await response).outputs.map(({ name }) => name)).toEqual(['y']);
  });

  it('refuses an output nobody has, before the engine runs', async () => {
    const runs: (readonly Tensor[])[] = [];
    const { response } = road(echoVersion({}, runs), [x], ['y', 'z']);
    await expect(response).rejects.toMatchObject({ code: 'OUTPUT_UNKNOWN', details: { field: 'z' } });
    expect(runs).toEqual([]);
  });

  it.each([
    ['the gauge refuses', {}, [{ ...x, name: 'z' }]],
    ['the engine fails', { run: () => Promise.reject(new Error('broken')) }, [x]],
  ])('gives the lease back when %s', async (_, options, inputs) => {
    const { response, house } = road(echoVersion(options), inputs);
    await expect(response).rejects.toThrow();
    await house.repository.close();
  });

  it('keeps the lease while the engine runs', async () => {
    let end = (): void => undefined;
    const run = () =>
      new Promise<Tensor[]>((resolve) => {
        end = () => resolve([{ ...x, name: 'y' }]);
      });
    const { response, house } = road(echoVersion({ run }));
    let isClosed = false;
    const closed = house.repository.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isClosed).toBe(false);
    end();
    await Promise.all([response, closed]);
    expect(isClosed).toBe(true);
  });
});

describe('answer', () => {
  const route = plain.routes[0] as Parameters<typeof answer>[2]['route'];
  const raw = (body: string) => ({
    ...call,
    params: {},
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.from(body),
  });

  it('counts each request once, with every phase it went through', async () => {
    const { house } = houseWith(echoVersion());
    for (const body of ['[1, 2]', '[[1, 2], [3, 4]]', '[1]', 'no json'])
      await answer(raw(body), ticket(), { protocol: plain, route }, house);
    const families = parseExposition(await house.metrics.render({ ready: () => true, models: () => [] }));
    const value = (name: string, labels = {}) => seriesValue(families, `mdeploy_${name}`, labels);
    expect(value('requests_total', { model: 'echo', api: 'predict', code: '200' })).toBe(2);
    expect(value('requests_total', { model: 'echo', api: 'predict', code: '400' })).toBe(1);
    expect(value('request_duration_seconds_count', { model: 'echo' })).toBe(3);
    for (const phase of ['queue', 'run', 'finish', 'encode'])
      expect(value('phase_duration_seconds_count', { model: 'echo', phase })).toBe(2);
    expect(value('rejected_total', { api: 'predict', code: '400' })).toBe(1);
  });

  it('unknown names of models never become a label', async () => {
    const { house } = houseWith(echoVersion());
    const byName = plain.routes[1] as typeof route;
    const asked = { ...raw('[1, 2]'), params: { name: 'CANARY' } };
    const reply = await answer(asked, ticket(), { protocol: plain, route: byName }, house);
    expect(reply.status).toBe(404);
    expect(await house.metrics.render({ ready: () => true, models: () => [] })).not.toContain('CANARY');
  });
});

describe('refuse', () => {
  it('shows a client’s fault, and logs nothing', () => {
    const { house, lines } = houseWith(echoVersion());
    const reply = refuse(failure('MODEL_NOT_FOUND', { name: 'a', models: 'b' }), call, plain, house);
    expect(reply.status).toBe(404);
    expect(lines).toEqual([]);
  });

  it('logs ours whole with its cause, and shows the id', () => {
    const { house, lines } = houseWith(echoVersion());
    const cause = new Error('the very reason');
    const reply = refuse(failure('ENGINE_FAULT', { name: 'a', reason: 'b' }, { cause }), call, plain, house);
    expect(reply.status).toBe(500);
    expect(reply.body).not.toContain('reason');
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines[0])).toContain('the very reason');
  });

  it('a 405 names what the path takes', () => {
    const { house } = houseWith(echoVersion());
    const error = failure(
      'METHOD_NOT_ALLOWED',
      { method: 'PUT', path: '/x', allowed: 'GET, POST' },
      { expected: 'GET, POST' },
    );
    expect(refuse(error, call, plain, house).headers.allow).toBe('GET, POST');
  });
});

describe('Watch', () => {
  it('records laps one after the other', () => {
    const metrics = new Metrics();
    const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
    const watch = new Watch();
    now.mockReturnValue(1002);
    watch.lap('decode');
    now.mockReturnValue(1007);
    watch.lap('run');
    now.mockReturnValue(1010);
    watch.record(metrics, { name: 'echo', version: '1' }, 'predict', 200);
    now.mockRestore();
    const meters = metrics.of('echo', 'predict');
    expect(meters.phases.decode.lines('t', '').at(-2)).toBe('t_sum{} 0.002');
    expect(meters.phases.run.lines('t', '').at(-2)).toBe('t_sum{} 0.005');
    expect(meters.duration.lines('t', '').at(-2)).toBe('t_sum{} 0.01');
  });
});
