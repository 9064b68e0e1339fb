import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadVersion } from '../../src/repository/load-version.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { variantFor } from '../../src/repository/variants.ts';
import { validate } from '../../src/validate/validate.ts';
import { fixturePath, loadCase } from '../fixtures.ts';
import { changeWeight, renameTensor } from '../proof/planted.ts';

const root = mkdtempSync(join(tmpdir(), 'mdeploy-variants-'));
afterAll(() => rmSync(root, { recursive: true }));
const digits = readFileSync(fixturePath('torch/digits_cnn/model.onnx'));
const { inputs } = loadCase('torch/digits_cnn');
/** Every logit of the variant is 1 higher in the first class. */
const other = changeWeight(digits, 'fc.bias', (value) => value + 1);
const here = process.arch;
const elsewhere = here === 'x64' ? 'arm64' : 'x64';
let count = 0;

function folder(variants: string, bytes: Uint8Array = other, more = ''): string {
  const at = join(root, String(count++));
  mkdirSync(at);
  writeFileSync(join(at, 'model.onnx'), digits);
  writeFileSync(join(at, 'fast.onnx'), bytes);
  writeFileSync(join(at, 'model.yaml'), `name: m\nmodel: {path: model.onnx}\nvariants: ${variants}\n${more}`);
  return at;
}

async function answer(target: string) {
  const loaded = await loadVersion(await openModel(target), { isProven: false });
  const [logits] = await loaded.session.run(inputs, ['logits']);
  await loaded.session.close();
  return { first: Number(logits!.data[0]), engine: loaded.engine };
}

describe('a variant', () => {
  test('for this machine is served, and the engine says so', async () => {
    const plain = await answer(folder('[]'));
    const fast = await answer(folder(`[{path: fast.onnx, when: {arch: ${here}}}]`));
    expect(fast.first).toBeCloseTo(plain.first + 1, 4);
    expect(fast.engine).toMatch(/^variant fast\.onnx: /);
    expect(plain.engine).not.toContain('variant');
  });

  test('for another machine is not', async () => {
    const plain = await answer(folder('[]'));
    for (const when of [`{arch: ${elsewhere}}`, `{arch: ${here}, cpu: [no_such_feature]}`])
      expect((await answer(folder(`[{path: fast.onnx, when: ${when}}]`))).first).toBe(plain.first);
  });

  test('travels with the model, wherever it is for', async () => {
    const { files, manifest, modelPath } = await openModel(
      folder(`[{path: fast.onnx, when: {arch: ${elsewhere}}}]`),
    );
    expect(files).toEqual(['fast.onnx', 'model.onnx']);
    expect(manifest.variants).toEqual([{ path: 'fast.onnx', when: { arch: elsewhere, cpu: [] } }]);
    expect(modelPath).toMatch(/model\.onnx$/);
  });

  test('with other inputs or outputs is refused when the model is read', async () => {
    const target = folder(
      `[{path: fast.onnx, when: {arch: ${elsewhere}}}]`,
      renameTensor(digits, 'image', 'x'),
    );
    await expect(openModel(target)).rejects.toMatchObject({
      code: 'VARIANT_MISFIT',
      exit: 2,
      message: 'The variant fast.onnx cannot stand in for the model: the input "image" is gone.',
      details: { at: { line: 3, path: 'variants[0].path' } },
    });
  });

  test.each([
    ['[{path: fast.onnx}]', 'variants[0].when'],
    ['[{path: ../fast.onnx, when: {arch: x64}}]', 'variants[0].path'],
    ['[{path: fast.onnx, when: {arch: mips}}]', 'variants[0].when.arch'],
    ['[{path: none.onnx, when: {arch: x64}}]', 'variants[0].path'],
  ])('%s is an error at %s', async (variants, path) => {
    const error = await openModel(folder(variants)).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ exit: 2 });
    expect(JSON.stringify(error)).toContain(path);
  });
});

test('the first one that fits is taken', () => {
  const variant = (path: string, arch: 'x64' | 'arm64', ...cpu: readonly string[]) => ({
    path,
    when: { arch, cpu },
  });
  const all = [variant('a', 'x64', 'vnni'), variant('b', 'x64'), variant('c', 'arm64')];
  const on = (arch: string, ...cpu: readonly string[]) => variantFor(all, { arch, cpu: new Set(cpu) })?.path;
  expect(on('x64', 'vnni', 'avx2')).toBe('a');
  expect(on('x64', 'avx2')).toBe('b');
  expect(on('arm64')).toBe('c');
  expect(on('riscv64')).toBeUndefined();
});

test('validate replays the samples through the variant for this machine', async () => {
  const sample = { logits: { datatype: 'FP32', shape: [1, 10], data: [] as number[] } };
  const target = folder(
    `[{path: fast.onnx, when: {arch: ${here}}}]`,
    other,
    'samples: [{inputs: in.json, outputs: out.json}]\n',
  );
  const image = { image: { datatype: 'FP32', shape: [1, 1, 8, 8], data: new Array(64).fill(0.5) } };
  writeFileSync(join(target, 'in.json'), JSON.stringify(image));
  const { outputs } = await runOriginal();
  sample.logits.data = outputs;
  writeFileSync(join(target, 'out.json'), JSON.stringify(sample));
  const { checks, ok } = await validate(target);
  expect(checks.find(({ name }) => name === 'samples')?.status).toBe('passed');
  expect(checks.find(({ name }) => name === 'size')?.detail).toContain('in 4 files');
  const variants = checks.find(({ name }) => name === 'variants');
  expect(variants).toMatchObject({ status: 'failed', findings: [{ code: 'SAMPLE_DIFFERS' }] });
  expect(ok).toBe(false);
});

async function runOriginal(): Promise<{ outputs: number[] }> {
  const loaded = await loadVersion(await openModel(folder('[]')), { isProven: false });
  const image = {
    name: 'image',
    datatype: 'FP32',
    shape: [1, 1, 8, 8],
    data: new Float32Array(64).fill(0.5),
  } as const;
  const [logits] = await loaded.session.run([image], ['logits']);
  await loaded.session.close();
  return { outputs: [...(logits!.data as Float32Array)] };
}
