import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import type { LoadedVersion } from '../../src/repository/loaded-version.ts';
import { Repository } from '../../src/repository/repository.ts';
import { ResponseCache } from '../../src/runtime/response-cache.ts';
import { infer } from '../../src/serve/infer.ts';
import { Watch } from '../../src/serve/watch.ts';
import { parseExposition, seriesValue } from '../observability/exposition.ts';
import { type DoorOptions, echoVersion } from './doors/opened.ts';

const echo = { name: 'echo', version: '1' };

/** A model of which every run is told: it turns its rows round and adds the second output that was asked for. */
function opened(extra: Partial<LoadedVersion> = {}, options: DoorOptions = {}) {
  const runs: (readonly Tensor[])[] = [];
  const run =
    options.run ??
    (async ([x]: readonly Tensor[], names: readonly string[]) => names.map((name) => turned(x!, name)));
  const version: LoadedVersion = {
    ...echoVersion({ ...options, run }, runs),
    graphOutputs: ['y', 'z'],
    outputNames: ['y', 'z'],
    ...extra,
  };
  const repository = new Repository();
  repository.add(version);
  const metrics = new Metrics();
  const ask = async (values: readonly number[], outputs?: readonly string[]) => {
    const watch = new Watch();
    const x: Tensor = {
      name: 'x',
      datatype: 'FP32',
      shape: [values.length / 2, 2],
      data: Float32Array.from(values),
    };
    const request = { model: 'echo', inputs: [x], ...(outputs && { outputs }) };
    const ticket = { deadline: performance.now() + 5000, limitMs: 5000 };
    const { outputs: answered } = await infer(request, ticket, repository, watch);
    watch.record(metrics, echo, 'predict', 200);
    return answered;
  };
  return { ask, runs, repository, metrics, version };
}

function turned({ datatype, shape, data }: Tensor, name: string): Tensor {
  return { name, datatype, shape, data: (data as Float32Array).toReversed() };
}

describe('with a response cache', () => {
  const cache = () => new ResponseCache(1e6);

  test('what was answered before is not run again', async () => {
    const { ask, runs, metrics } = opened({ cache: cache() });
    const first = await ask([1, 2]);
    expect(await ask([1, 2])).toEqual(first);
    expect(await ask([1, 3])).not.toEqual(first);
    expect(runs).toHaveLength(2);
    expect(metrics.totals('echo', '1')).toMatchObject({
      success: { count: 3 },
      phases: { queue: { count: 2 }, run: { count: 2 }, finish: { count: 3 } },
      cache: { hits: { count: 1 }, misses: { count: 2 } },
    });
  });

  test('other outputs of the same inputs are another question', async () => {
    const { ask, runs } = opened({ cache: cache() });
    const names = async (outputs?: readonly string[]) => (await ask([1, 2], outputs)).map(({ name }) => name);
    expect(await names(['z'])).toEqual(['z']);
    expect(await names()).toEqual(['y', 'z']);
    expect(await names(['z'])).toEqual(['z']);
    expect(runs).toHaveLength(2);
  });

  test('steps behind the model are made of a known answer, too', async () => {
    const finish = async (tensors: readonly Tensor[]) =>
      tensors.map((each) => ({ ...each, name: `top ${each.name}` }));
    const { ask, runs } = opened({ cache: cache(), finish, outputNames: ['top y', 'top z'] });
    for (const _ of [1, 2]) {
      const [only, ...more] = await ask([1, 2], ['top z']);
      expect([only?.name, more]).toEqual(['top z', []]);
    }
    expect(runs).toHaveLength(1);
  });

  test('a known answer waits for nobody; the rest does', async () => {
    const busy = Promise.withResolvers<void>();
    let isBusy = false;
    const run = async ([x]: readonly Tensor[]) => {
      if (isBusy) await busy.promise;
      return [turned(x!, 'y')];
    };
    const { ask } = opened({ cache: cache() }, { run, queue: { maxSize: 1, timeoutMs: 5000 } });
    const known = await ask([1, 2]);
    isBusy = true;
    const waiting = [5, 6].map((value) => ask([value, value]));
    await expect(ask([7, 7])).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    expect(await ask([1, 2])).toEqual(known);
    busy.resolve();
    expect(await Promise.all(waiting)).toHaveLength(2);
  });

  test('a failure is not kept', async () => {
    let runs = 0;
    const run = async ([x]: readonly Tensor[]) => {
      runs += 1;
      if (runs === 1) throw new Error('once');
      return [turned(x!, 'y')];
    };
    const { ask } = opened({ cache: cache() }, { run });
    await expect(ask([1, 2])).rejects.toThrow('once');
    expect(await ask([1, 2])).toMatchObject([{ name: 'y' }]);
    expect(runs).toBe(2);
  });

  test('what is refused does not get to it', async () => {
    const kept = cache();
    const { ask } = opened({ cache: kept });
    await expect(ask([1, 2], ['nope'])).rejects.toMatchObject({ code: 'OUTPUT_UNKNOWN' });
    expect(kept.bytes).toBe(0);
  });

  test('it is freed with its version, and a new version begins without answers', async () => {
    const kept = cache();
    const { ask, repository, version } = opened({ cache: kept });
    await ask([1, 2]);
    expect(kept.bytes).toBeGreaterThan(0);
    await repository.add({ ...version, cache: cache() });
    expect(kept.bytes).toBe(0);
    await repository.close();
  });

  test('the answers are those without it, whatever is asked and however little it holds', async () => {
    const row = fc.array(fc.constantFrom(0, -0, 1, Number.NaN, 1e-40), { minLength: 2, maxLength: 2 });
    const question = fc.record({
      values: fc.array(row, { minLength: 1, maxLength: 3 }).map((rows) => rows.flat()),
      outputs: fc.constantFrom(undefined, ['y'], ['z'], ['z', 'y']),
    });
    const bits = (tensors: readonly Tensor[]) =>
      tensors.map(({ name, shape, data }) => [
        name,
        shape,
        Buffer.from((data as Float32Array).slice().buffer).toString('hex'),
      ]);
    const sizes = fc.integer({ min: 700, max: 8000 });
    await fc.assert(
      fc.asyncProperty(fc.array(question, { maxLength: 40 }), sizes, async (questions, maxBytes) => {
        const kept = new ResponseCache(maxBytes);
        const [on, off] = [opened({ cache: kept }), opened()];
        for (const { values, outputs } of questions) {
          expect(bits(await on.ask(values, outputs))).toEqual(bits(await off.ask(values, outputs)));
          expect(kept.bytes).toBeLessThanOrEqual(maxBytes);
        }
        expect(on.runs.length).toBeLessThanOrEqual(off.runs.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the metrics', () => {
  const names = ['mdeploy_cache_hits_total', 'mdeploy_cache_misses_total', 'mdeploy_cache_bytes'];
  const gauges = { model: 'echo', version: '1', engine: 'echo', waiting: 0, running: 0 };
  const rendered = async (metrics: Metrics, cacheBytes?: number) => {
    const models = () => [{ ...gauges, ...(cacheBytes !== undefined && { cacheBytes }) }];
    return parseExposition(await metrics.render({ ready: () => true, models }));
  };

  test('have no word of it where there is none', async () => {
    const { ask, metrics } = opened();
    await ask([1, 2]);
    const families = await rendered(metrics);
    expect(names.filter((name) => families.has(name))).toEqual([]);
    expect(metrics.totals('echo', '1').cache).toBeUndefined();
  });

  test('are zero before the first request', async () => {
    const families = await rendered(new Metrics(), 0);
    expect(names.map((name) => seriesValue(families, name, { model: 'echo', version: '1' }))).toEqual([
      0, 0, 0,
    ]);
  });

  test('tell hits, misses and bytes', async () => {
    const kept = new ResponseCache(1e6);
    const { ask, metrics } = opened({ cache: kept });
    for (const value of [1, 2, 1, 1]) await ask([value, value]);
    const families = await rendered(metrics, kept.bytes);
    const values = names.map((name) => seriesValue(families, name, { model: 'echo', version: '1' }));
    expect(values).toEqual([2, 2, kept.bytes]);
  });
});
