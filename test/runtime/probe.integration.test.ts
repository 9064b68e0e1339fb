import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { compareTensors } from '../../src/core/compare.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { probeModel } from '../../src/runtime/probe.ts';
import { loadCase } from '../fixtures.ts';
import { appetiteAtRun, constantBomb, endlessLoop, functionChain, oneNode } from './hostile-models.ts';
import { childrenOf, faultOf, ProbeBench, roomy, source } from './probing.ts';

const bench = new ProbeBench();

afterEach(() => {
  vi.unstubAllEnvs();
  expect(childrenOf(process.pid), 'a child was left behind').toEqual([]);
});

afterAll(() => bench.remove());

describe('a good model', () => {
  it.each([
    'sklearn/iris_logreg',
    'sklearn/credit_columns',
    'traits/string_io',
    'traits/identity_float16',
    'traits/identity_int64',
    'traits/many_io',
    'traits/external_data',
    'real/silero_vad',
  ])('%s gives its golden answers', async (name) => {
    const fixture = loadCase(name);
    const report = await probeModel(source(fixture.modelPath), { ...roomy, inputs: [fixture.inputs] });
    const [run] = report.runs;
    if (!run?.ok) expect.fail(run?.reason);
    for (const expected of fixture.outputs) {
      const actual = run.outputs.find((tensor) => tensor.name === expected.name);
      expect(compareTensors(actual!, expected, fixture.tolerance).reason).toBeUndefined();
    }
    expect(report.signature.inputs.map((spec) => spec.name).sort()).toEqual(
      fixture.inputs.map((tensor) => tensor.name).sort(),
    );
  });

  it('tells times, peak memory and the signature', async () => {
    const report = await probeModel(source(loadCase('sklearn/iris_logreg').modelPath), roomy);
    expect(report.signature.inputs).toEqual([{ name: 'X', datatype: 'FP32', shape: ['', 4] }]);
    expect(report.loadMs).toBeGreaterThan(0);
    expect(report.runs).toEqual([
      { ok: true, ms: expect.any(Number), outputs: [], shapes: expect.any(Object) },
    ]);
    expect(report.peakRssBytes).toBeGreaterThan(50e6);
    expect(report.peakRssBytes).toBeLessThan(400e6);
  });

  it('can come as bytes', async () => {
    const bytes = readFileSync(loadCase('sklearn/iris_logreg').modelPath);
    const report = await probeModel({ ...source('/nowhere/model.onnx'), bytes }, roomy);
    expect(report.signature.outputs).toHaveLength(2);
  });

  it('is tried with longer symbolic axes when length 1 is too short', async () => {
    const report = await probeModel(source(loadCase('real/ocr_det').modelPath), roomy);
    expect(report.runs[0]).toMatchObject({ ok: true });
  });

  it('tells of each feed that the runtime refuses, without paths, and runs the others', async () => {
    const wrong: Tensor = { name: 'X', datatype: 'FP32', shape: [1, 3], data: new Float32Array(3) };
    const fixture = loadCase('sklearn/iris_logreg');
    const { runs } = await probeModel(source(fixture.modelPath), {
      ...roomy,
      inputs: [[wrong], fixture.inputs],
    });
    expect(runs).toMatchObject([{ ok: false }, { ok: true }]);
    const reason = runs[0]!.ok ? '' : runs[0]!.reason;
    expect(reason).toContain('Got: 3 Expected: 4');
    expect(reason).not.toContain(bench.folder);
  });
});

describe('a model that is refused', () => {
  it.each([
    ['traits/corrupted', 'ModelProto does not have a graph', 'damaged'],
    [
      'traits/external_data_missing',
      'External data path does not exist: "model.onnx.data"',
      'beside the model',
    ],
    ['traits/git_lfs_pointer', 'Protobuf parsing failed', 'damaged'],
    ['traits/ir_too_new', 'Unsupported model IR version: 99', 'older onnx package'],
    ['traits/not_onnx_html', 'Protobuf parsing failed', 'damaged'],
    ['traits/opset_too_new', 'Opset 99 is under development', 'opset from 7 to 26'],
    ['traits/truncated', 'Protobuf parsing failed', 'damaged'],
    ['traits/zero_bytes', 'ModelProto does not have a graph', 'damaged'],
  ])('%s: %s', async (name, words, remedy) => {
    const error = await faultOf(probeModel(source(loadCase(name).modelPath), roomy));
    expect(error.code).toBe('MODEL_REFUSED');
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('/work/');
    expect(error.remedy).toContain(remedy);
  });

  it('names an operator that the runtime does not have', async () => {
    const error = await faultOf(bench.bytes(oneNode('Zork')));
    expect(error).toMatchObject({ code: 'MODEL_REFUSED', exit: 1 });
    expect(error.message).toContain('No Op registered for Zork');
    const custom = await faultOf(bench.bytes(oneNode('Foo', 'com.acme')));
    expect(custom.remedy).toContain('standard operators');
  });

  it('says which locale is missing', async () => {
    const empty = join(bench.folder, 'no-locales');
    mkdirSync(empty);
    vi.stubEnv('LOCPATH', empty);
    const error = await faultOf(probeModel(source(loadCase('sklearn/text_sentiment_en').modelPath), roomy));
    expect(error.code).toBe('MODEL_REFUSED');
    expect(error.remedy).toContain('en_US.UTF-8');
  });
});

describe('a hostile model', () => {
  it('that crashes the runtime is told by its signal', async () => {
    const error = await faultOf(bench.bytes(functionChain(3000)));
    expect(error).toMatchObject({ code: 'MODEL_CRASHES', exit: 1 });
    expect(error.message).toBe('Model "m" crashes the runtime while loading (SIGSEGV).');
  });

  it('that eats memory while loading is stopped at the cap', async () => {
    const error = await faultOf(bench.bytes(constantBomb(2 ** 27), { maxMemoryBytes: 400e6 }));
    expect(error).toMatchObject({ code: 'MODEL_TOO_MUCH_MEMORY', exit: 1 });
    expect(error.message).toMatch(
      /more memory than 400\.0 MB while loading; it was stopped at [45]\d\d\.\d MB/,
    );
  });

  it('that eats memory while running is stopped at the cap', async () => {
    const n: Tensor = { name: 'n', datatype: 'INT64', shape: [1], data: BigInt64Array.of(1n) };
    const error = await faultOf(
      bench.bytes(appetiteAtRun(2 ** 28), { maxMemoryBytes: 400e6, inputs: [[n]] }),
    );
    expect(error.code).toBe('MODEL_TOO_MUCH_MEMORY');
    expect(error.message).toContain('while running');
  });

  it('that never ends is stopped at the deadline', async () => {
    const start = performance.now();
    const error = await faultOf(bench.bytes(endlessLoop(), { timeoutMs: 3000 }));
    expect(error).toMatchObject({ code: 'MODEL_TOO_SLOW', exit: 1 });
    expect(error.message).toBe('Model "m" was still running after 3000 ms and was stopped.');
    expect(performance.now() - start).toBeLessThan(8000);
  });

  it('that asks for more than any machine has is refused in words', async () => {
    const { runs } = await bench.bytes(constantBomb(2 ** 36));
    expect(runs[0]).toMatchObject({
      ok: false,
      reason: expect.stringContaining('Failed to allocate memory'),
    });
  });

  it('does not keep the parent from working', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 10);
    await faultOf(bench.bytes(endlessLoop(), { timeoutMs: 1000 }));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(30);
  });
});
