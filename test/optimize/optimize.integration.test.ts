import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { writeNpy } from '../../src/core/npy.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { validate } from '../../src/validate/validate.ts';
import { runCli } from '../build-image/run-cli.ts';
import { runVerb } from '../cli/run-verb.ts';
import { modelFile, modelFolder, removeModels } from '../diff/models.ts';
import { fixturePath } from '../fixtures.ts';
import { oneNode } from '../runtime/hostile-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-optimize-'));
afterAll(() => {
  removeModels();
  rmSync(folder, { recursive: true, force: true });
});
const digits = fixturePath('torch/digits_cnn/model.onnx');
const example = join(import.meta.dirname, '../../examples/digits');
let count = 0;

/** Without Python: the two recipes that the runtime itself makes. */
async function optimize(target: string, ...more: readonly string[]) {
  const out = join(folder, String(count++));
  const flags = ['--recipes', 'folded,fused', '--race-s', '0.05', '-o', out];
  const { exit, stdout, stderr } = await runVerb('optimize', target, ...flags, ...more, '--json');
  return { exit, out, report: JSON.parse(stdout), stderr };
}

describe('mdeploy optimize', () => {
  test('makes a folder that is fit to ship, whatever wins', async () => {
    const { exit, out, report, stderr } = await optimize(digits);
    expect(exit).toBe(0);
    expect(stderr).toContain('The model has no samples');
    expect(report).toMatchObject({
      schema_version: 1,
      served: expect.any(String),
      inputs: { origin: 'made up' },
    });
    expect(report.variants.map(({ name }: { name: string }) => name)).toEqual(['folded', 'fused']);
    for (const { measured } of report.variants) expect(measured).toMatchObject({ top1: 1, max_error: 0 });
    expect(JSON.parse(readFileSync(join(out, 'optimization.json'), 'utf8'))).toEqual(report);
    expect(readFileSync(join(out, 'optimization.html'), 'utf8')).toContain('<svg');
    expect(await validate(out)).toMatchObject({ ok: true, warnings: 0 });
    expect(readFileSync(join(out, 'samples/random.in.json'), 'utf8')).toContain('image');
  });

  test('serves what is kept, with everything that the original needs', async () => {
    const { out, report, stderr } = await optimize(example, '--smaller-by', '1', '--recipes', 'fused');
    expect(stderr).not.toContain('no samples');
    const [fused] = report.variants;
    expect(fused.verdict).toBe(fused.measured.smaller_by >= 1 ? 'kept' : 'dropped');
    const { manifest, files } = await openModel(out);
    expect(files).toContain('labels.txt');
    expect(manifest.model.path).toBe(fused.verdict === 'kept' ? 'model.fused.onnx' : 'model.onnx');
    expect(existsSync(join(out, 'model.onnx'))).toBe(true);
    expect(readFileSync(join(out, 'model.yaml'), 'utf8')).toContain('# Clients send a picture file');
    expect((await validate(out)).ok).toBe(true);
  });

  test('takes conditions and recipes from the manifest', async () => {
    const manifest = 'name: m\noptimize: {keep_if: {faster_by: 900, max_error: 0.5}, recipes: [folded]}';
    const out = join(folder, String(count++));
    const { stdout } = await runVerb(
      'optimize',
      modelFolder({ manifest }),
      '-o',
      out,
      '--race-s',
      '0.05',
      '--json',
    );
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      keep_if: { faster_by: 900, max_error: 0.5, top1_agreement: 0.99 },
      served: 'original',
      variants: [{ name: 'folded', verdict: 'dropped' }],
    });
  });

  test('judges by real inputs when there are some', async () => {
    const file = join(folder, 'digits.npy');
    const data = Float32Array.from({ length: 40 * 64 }, (_, index) => (index % 17) / 16);
    writeFileSync(file, writeNpy({ name: '', datatype: 'FP32', shape: [40, 1, 8, 8], data })!);
    const { report, stderr } = await optimize(digits, '--data', file);
    expect(stderr).toBe(
      'warning: Few rows judge the variants (20): a share such as 99% needs 100 or more.\n',
    );
    expect(report.inputs).toMatchObject({
      origin: 'data',
      judged_rows: 20,
      calibration_rows: 20,
      timed_request: [{ name: 'image', shape: [1, 1, 8, 8] }],
    });
  });

  test('a model whose weights are inputs, and one with ZipMap', async () => {
    const old = await optimize(fixturePath('perf/squeezenet/model.onnx'));
    expect(old.report.variants).toMatchObject([
      { measured: { max_error: 0 } },
      { measured: { max_error: 0 } },
    ]);
    const zip = await optimize(fixturePath('sklearn/iris_logreg/model_zipmap.onnx'));
    expect(zip.report.variants).toMatchObject([{ measured: { top1: 1 } }, { measured: { top1: 1 } }]);
    expect((await validate(zip.out)).ok).toBe(true);
  });

  test('weights beside the file stay where they are found', async () => {
    const { out, report } = await optimize(fixturePath('traits/external_data/model.onnx'));
    expect(report.variants[0]).toMatchObject({ measured: { max_error: 0 } });
    expect((await validate(out)).ok).toBe(true);
  });

  test('writes for people too', async () => {
    const out = join(folder, String(count++));
    const flags = ['--recipes', 'folded', '--race-s', '0.05', '-o', out];
    const { stdout } = await runVerb('optimize', digits, ...flags);
    expect(stdout).toMatch(/^ {2}folded .* 100% /m);
    expect(stdout).toContain('A race of the original against itself was off by');
  });
});

describe('what is refused', () => {
  test.each([
    [['--recipes', 'int9'], 'USAGE', 'int8'],
    [['--top1', '2'], 'USAGE', 'from 0 to 1'],
    [['--faster-by', '0.5'], 'USAGE', 'from 1'],
    [['--max-memory', '1'], 'USAGE', '64MiB'],
    [['--data', '/nowhere.npz'], 'FILE_UNREADABLE', 'does not exist'],
    [['--data', join(example, 'digit-1.png')], 'USAGE', '.npz'],
  ])('%j', async (flags, code, words) => {
    const error = await runVerb('optimize', digits, ...flags).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test('a folder that is there, and nothing of it changes', async () => {
    const out = join(folder, 'there');
    const flags = ['--recipes', 'folded', '--race-s', '0.05', '-o', out];
    await runVerb('optimize', digits, ...flags);
    const before = readdirSync(out).sort();
    await expect(runVerb('optimize', digits, ...flags)).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
      exit: 2,
    });
    expect(readdirSync(out).sort()).toEqual(before);
    expect((await runVerb('optimize', digits, ...flags, '--force')).exit).toBe(0);
  });

  test('data that does not fit, with nothing left behind', async () => {
    const file = join(folder, 'wrong.npy');
    writeFileSync(file, writeNpy({ name: '', datatype: 'FP32', shape: [2, 3], data: new Float32Array(6) })!);
    const out = join(folder, 'none');
    const done = runVerb('optimize', digits, '--data', file, '-o', out);
    await expect(done).rejects.toMatchObject({ code: 'OPTIMIZE_DATA', exit: 2 });
    expect(readdirSync(folder).filter((name) => name.includes('none'))).toEqual([]);
  });

  test('a model that nothing made up fits, where there are no samples', async () => {
    const done = runVerb('optimize', modelFile(oneNode('Neg', '', 2 ** 26)), '-o', join(folder, 'n'));
    await expect(done).rejects.toMatchObject({
      code: 'OPTIMIZE_NO_INPUTS',
      exit: 2,
      message: expect.stringContaining('too large'),
      remedy: expect.stringContaining('--data'),
    });
  });

  test('no Python where a recipe needs it', async () => {
    const flags = ['--recipes', 'fp16', '--race-s', '0.05', '--python', '/nowhere', '-o', join(folder, 'p')];
    await expect(runVerb('optimize', digits, ...flags)).rejects.toMatchObject({
      code: 'PYTHON_MISSING',
      exit: 3,
    });
  });
});

test('Ctrl-C in the middle leaves nothing behind', async () => {
  const parent = mkdtempSync(join(folder, 'interrupted-'));
  const args = ['optimize', digits, '--recipes', 'folded', '--race-s', '60', '-o', join(parent, 'out')];
  const hasBegun = async () => readdirSync(parent).some((name) => name.endsWith('.tmp'));
  const { code } = await runCli(args, { interruptWhen: hasBegun });
  expect(code).toBe(130);
  expect(readdirSync(parent)).toEqual([]);
});
