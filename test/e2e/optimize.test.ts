// With the real tools, in the locked environment that `convert` uses for ONNX files.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeNpy } from '../../src/core/npy.ts';
import { readModel } from '../../src/onnx/read-model.ts';
import type { OptimizationReport } from '../../src/optimize/report.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { validate } from '../../src/validate/validate.ts';
import { runVerb } from '../cli/run-verb.ts';
import { fixturePath } from '../fixtures.ts';
import { cachePath } from '../provision/cache.ts';

process.env.MDEPLOY_CACHE = cachePath('convert');
const folder = mkdtempSync(join(tmpdir(), 'mdeploy-optimize-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const example = join(import.meta.dirname, '../../examples/digits');
let count = 0;

async function optimize(target: string, ...more: readonly string[]) {
  const out = join(folder, String(count++));
  const { stdout } = await runVerb('optimize', target, '-o', out, '--race-s', '0.2', ...more, '--json');
  const report = JSON.parse(stdout) as OptimizationReport;
  const named = (name: string) => report.variants.find((variant) => variant.name === name)!;
  return { out, report, named };
}

/** Blots that the digits model gives different answers to. */
function blots(rows: number): string {
  const data = Float32Array.from({ length: rows * 64 }, (_, index) => {
    const [row, at] = [Math.floor(index / 64), index % 64];
    const distance = Math.hypot((at % 8) - (row % 8), Math.floor(at / 8) - ((row * 3) % 8));
    return Math.max(0, 1 - distance / (1.5 + (row % 5)));
  });
  const file = join(folder, 'blots.npy');
  writeFileSync(file, writeNpy({ name: '', datatype: 'FP32', shape: [rows, 1, 8, 8], data })!);
  return file;
}

describe('every recipe on a convolutional network', () => {
  let made: Awaited<ReturnType<typeof optimize>>;
  beforeAll(async () => {
    made = await optimize(example, '--data', blots(256), '--smaller-by', '1.3');
  });

  test('is tried, measured and judged', () => {
    const verdicts = Object.fromEntries(made.report.variants.map(({ name, verdict }) => [name, verdict]));
    expect(verdicts).toMatchObject({
      folded: 'dropped',
      fused: 'dropped',
      fp16: 'kept',
      'int4-weights': 'skipped',
    });
    for (const { verdict, measured } of made.report.variants)
      if (verdict !== 'skipped') expect(measured).toMatchObject({ rounds: expect.any(Number) });
  });

  test('half precision halves the weights, keeps inputs and outputs, and is served', async () => {
    const { measured } = made.named('fp16');
    expect(measured!.smaller_by).toBeGreaterThan(1.4);
    expect(measured!.max_error).toBeGreaterThan(0);
    const { manifest, onnx } = await openModel(made.out);
    expect(manifest.model.path).toBe('model.fp16.onnx');
    expect(onnx.inputs[0]).toMatchObject({ datatype: 'FP32' });
    expect(await validate(made.out)).toMatchObject({ ok: true });
  });

  test('int8 has int8 operators or pairs of them, and was calibrated with rows it is not judged by', () => {
    expect(made.named('int8-static').facts).toMatchObject({ calibrated_with: 4, per_channel: 1 });
    expect(made.report.inputs).toMatchObject({
      calibrated_with_what_is_judged: false,
      calibration_rows: 128,
    });
    expect(made.named('int8-dynamic').measured!.max_error).toBeLessThan(0.2);
  });

  test('pruning tells the true sparsity, and that nothing is smaller for it', () => {
    const { facts, measured } = made.named('pruned');
    expect(facts.sparsity_of_products).toBeCloseTo(0.5, 2);
    expect(measured!.smaller_by).toBeLessThan(1.1);
  });

  test('channels really go', () => {
    const { facts, measured, verdict, first_difference: first } = made.named('fewer-channels');
    expect(facts).toMatchObject({ channels_removed: 6, channels: 24 });
    expect(measured!.smaller_by).toBeGreaterThan(1.2);
    if (verdict === 'wrong') expect(first).toMatchObject({ op: 'Conv' });
  });

  test('the report has tools and figures', () => {
    expect(made.report.tools).toMatchObject({
      onnx: expect.any(String),
      'onnxruntime-node': expect.any(String),
    });
    expect(readFileSync(join(made.out, 'optimization.html'), 'utf8')).toContain('int8-static');
  });
});

test('four-bit weights run in our runtime', async () => {
  const flags = ['--recipes', 'int4-weights', '--smaller-by', '1.1', '--max-error', '1', '--top1', '0'];
  const { out, named } = await optimize(fixturePath('real/magika/model.onnx'), ...flags, '--trust-made-up');
  expect(named('int4-weights')).toMatchObject({ verdict: 'kept', facts: { packed: 2 } });
  const { operators } = await readModel(join(out, 'model.int4-weights.onnx'));
  expect(operators).toContainEqual({ domain: 'com.microsoft', name: 'MatMulNBits', count: 2 });
});

test('graphs that trip a tool, old opsets and quantised models end in a verdict, not in an error', async () => {
  const magika = await optimize(fixturePath('real/magika/model.onnx'), '--recipes', 'int8-static');
  expect(magika.named('int8-static')).toMatchObject({ measured: { smaller_by: expect.any(Number) } });
  const old = await optimize(fixturePath('real/ocr_cls/model.onnx'), '--recipes', 'int8-static');
  expect(old.named('int8-static')).toMatchObject({ measured: { rounds: expect.any(Number) } });
  const trees = await optimize(fixturePath('sklearn/breast_cancer_rf/model.onnx'));
  const lossy = trees.report.variants.filter(({ name }) => name !== 'folded' && name !== 'fused');
  expect(new Set(lossy.map(({ verdict }) => verdict))).toEqual(new Set(['skipped']));
});
