// Models of scikit-learn in every form in which people dump them, made here by scikit-learn itself.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureEnvironment } from '../../src/python/environment.ts';
import { readLock } from '../../src/python/lock.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { convertFile, work } from './converting.ts';

const made = join(work, 'sklearn');

beforeAll(async () => {
  const quiet = { progress: () => undefined, note: () => undefined };
  const { python } = await ensureEnvironment(await readLock('sklearn'), quiet);
  await promisify(execFile)(python, ['-I', join(import.meta.dirname, 'make/sklearn_models.py'), made]);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('a file converts with one command and keeps its answers', () => {
  test.each([
    'columns.joblib',
    'ordinal.joblib',
    'text-svc.joblib',
    'grid.joblib',
    'two-classes.joblib',
    'perceptron.joblib',
    'select.joblib',
    'clusters.joblib',
    'stack.joblib',
    'columns.skops',
    'ordinal.skops',
    'stack.skops',
    'boosted.skops',
    'near.skops',
  ])('%s', async (file) => {
    const { parity, folder } = await convertFile(join(made, file));
    expect(parity.outputs.filter(({ ok }) => !ok)).toEqual([]);
    expect(parity.outputs.length).toBeGreaterThanOrEqual(4);
    expect((await openModel(folder!)).manifest.outputs.length).toBeGreaterThan(0);
  });

  test('a table has an input for each column, of its own datatype', async () => {
    const { folder } = await convertFile(join(made, 'columns.joblib'));
    const { manifest } = await openModel(folder!);
    expect(manifest.inputs.map(({ name, datatype, shape }) => [name, datatype, shape?.at(-1)])).toEqual([
      ['age', 'FP32', 1],
      ['city', 'BYTES', 1],
      ['text', 'BYTES', 1],
      ['n', 'FP32', 1],
      ['income', 'FP32', 1],
    ]);
  });
});

describe('what cannot be converted is told', () => {
  test.each([
    ['hashing.joblib', 'CONVERT_REFUSED', 'skl2onnx has no form for HashingVectorizer'],
    ['target.joblib', 'CONVERT_REFUSED', 'skl2onnx has no form for TransformedTargetRegressor'],
    ['foreign.skops', 'CONVERT_UNSAFE', '__main__.Foreign'],
  ])('%s', async (file, code, words) => {
    const done = convertFile(join(made, file));
    await expect(done).rejects.toMatchObject({ code });
    await expect(done).rejects.toThrow(words);
  });

  test('a converter that says all went well, and is wrong: letters with blanks between them', async () => {
    const { parity, folder } = await convertFile(join(made, 'letters.joblib'));
    expect(parity.ok).toBe(false);
    expect(parity.worst?.output).toBe('probabilities');
    expect(folder).toBeUndefined();
  });
});
