// Keras 2 and 3, layers of one's own, SavedModels with several signatures and text.
import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConvertOptions } from '../../src/convert/convert.ts';
import { ensureEnvironment } from '../../src/python/environment.ts';
import { readLock } from '../../src/python/lock.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { convertFile, work } from '../e2e/converting.ts';

const made = join(work, 'keras');
const marker = join(work, 'marker');

beforeAll(async () => {
  const quiet = { progress: () => undefined, note: () => undefined };
  const { python } = await ensureEnvironment(await readLock('tensorflow'), quiet);
  await promisify(execFile)(python, ['-I', join(import.meta.dirname, 'make/keras_models.py'), made, marker]);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const layers = (version: 2 | 3): Partial<ConvertOptions> => ({
  entry: { file: join(made, `layers_${version}.py`), name: 'Scale' },
});

describe('a file converts with one command and keeps its answers', () => {
  test.each<[string, Partial<ConvertOptions>, string[]]>([
    ['custom-3.keras', layers(3), ['FP32[batch,4]']],
    ['custom-3.h5', layers(3), ['FP32[batch,4]']],
    ['custom-2.h5', layers(2), ['FP32[batch,4]']],
    ['normal-3.keras', {}, ['FP32[batch,4]']],
    ['recurrent-3.keras', {}, ['INT32[batch,dim_1]']],
    ['recurrent-2.h5', {}, ['INT32[batch,dim_1]']],
    ['image-2.h5', {}, ['FP32[batch,8,8,1]']],
    ['image-2.keras', {}, ['FP32[batch,8,8,1]']],
    ['image-2-saved', {}, ['FP32[batch,8,8,1]']],
    ['several', { signature: 'score' }, ['FP32[batch,4]']],
    ['several', { signature: 'look_up' }, ['BYTES[batch]']],
    ['several', { signature: 'lower' }, ['BYTES[batch]']],
  ])('%s %j', async (file, flags, inputs) => {
    const { parity, folder } = await convertFile(join(made, file), flags);
    expect(parity.outputs.filter(({ ok }) => !ok)).toEqual([]);
    const { manifest } = await openModel(folder!);
    expect(manifest.inputs.map(({ datatype, shape }) => `${datatype}[${shape}]`)).toEqual(inputs);
  });
});

describe('what a file does not tell is asked for', () => {
  test.each<[string, string, string]>([
    ['several', 'it has the signatures', '--signature '],
    ['custom-3.keras', 'a layer of its own making: Scale', '--entry layers.py:MyLayer'],
    ['custom-3.h5', 'a layer of its own making: mine>Scale', '--entry layers.py:MyLayer'],
    ['custom-2.h5', 'a layer of its own making: Scale', '--entry layers.py:MyLayer'],
  ])('%s', async (file, words, flag) => {
    const done = convertFile(join(made, file));
    await expect(done).rejects.toMatchObject({
      code: 'CONVERT_ASKED',
      remedy: expect.stringContaining(flag),
    });
    await expect(done).rejects.toThrow(words);
  });
});

describe('code in a model is not run', () => {
  test.each([
    ['lambda-3.keras', 'Lambda'],
    ['lambda-3.h5', 'Lambda'],
    ['lambda-2.keras', 'Lambda'],
    ['lambda-2.h5', 'Lambda'],
    ['import-2.keras', 'os.system'],
  ])('%s', async (file, words) => {
    const done = convertFile(join(made, file));
    await expect(done).rejects.toMatchObject({ code: 'CONVERT_UNSAFE', exit: 1 });
    await expect(done).rejects.toThrow(words);
    expect(existsSync(marker)).toBe(false);
  });

  test('but with --trust', async () => {
    const { parity } = await convertFile(join(made, 'lambda-2.h5'), { trust: true });
    expect(parity.ok).toBe(true);
    expect(existsSync(marker)).toBe(true);
    rmSync(marker);
  });
});
