import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  changedSamples,
  conversionFiles,
  readConversion,
  staleProof,
} from '../../src/repository/conversion.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { changeModel, convertedFolder, sampleIn } from './converted-folder.ts';
import { folderWith } from './folders.ts';

describe('the record of a conversion', () => {
  test('is among the files of the model, so that it travels with it', async () => {
    const { files } = await openModel(convertedFolder());
    expect(files).toEqual(['conversion.json', 'model.onnx', sampleIn, 'samples/random.out.json']);
  });

  test('is not asked of a model that was not converted', async () => {
    const root = await folderWith({
      'model.yaml': 'name: iris\nmodel: {path: model.onnx}\n',
      'model.onnx': null,
    });
    expect(conversionFiles(root)).toEqual([]);
    expect(await readConversion(root)).toBeUndefined();
    expect((await openModel(root)).files).toEqual(['model.onnx']);
  });

  test('tells what other verbs show', async () => {
    expect(await readConversion(convertedFolder())).toMatchObject({
      source: { name: 'iris.pkl', what: 'a pickled model' },
      tools: { skl2onnx: '1.20.0' },
      parity: { passed: true, outputs: [{ max_abs: 5e-7 }] },
    });
  });

  test('holds for the model that was proven, and for no other', async () => {
    const root = convertedFolder();
    const proof = (await readConversion(root))!;
    const model = join(root, 'model.onnx');
    expect(await staleProof(root, model, proof)).toBeUndefined();
    changeModel(root);
    expect(await staleProof(root, model, proof)).toMatchObject({
      code: 'CONVERSION_STALE',
      exit: 1,
      remedy: expect.stringContaining('Convert again'),
      details: { expected: `sha256 ${proof.model.sha256}`, received: expect.stringMatching(/^sha256 /) },
    });
  });

  test('knows its samples', async () => {
    const root = convertedFolder();
    const proof = (await readConversion(root))!;
    expect(await changedSamples(root, proof)).toEqual([]);
    writeFileSync(join(root, sampleIn), '{}');
    expect(await changedSamples(root, proof)).toEqual([sampleIn]);
    rmSync(join(root, sampleIn));
    expect(await changedSamples(root, proof)).toEqual([]);
  });
});

describe('a record that cannot be one', () => {
  test.each<[string, object, string]>([
    ['of a later version', { schema_version: 2 }, 'schema_version'],
    ['without a digest', { model: { path: 'model.onnx', sha256: 'x' } }, 'model.sha256'],
    ['that proves nothing', { parity: { passed: false, outputs: [] } }, 'parity.passed'],
    ['that leads out of the folder', { samples: { '../../etc/passwd': 'a'.repeat(64) } }, 'samples'],
  ])('%s', async (_, more, words) => {
    const read = readConversion(convertedFolder(more));
    await expect(read).rejects.toMatchObject({ code: 'CONVERSION_UNREADABLE', exit: 1 });
    await expect(read).rejects.toThrow(words);
  });

  test('no JSON, or too much of it', async () => {
    const root = convertedFolder();
    writeFileSync(join(root, 'conversion.json'), '{');
    await expect(readConversion(root)).rejects.toMatchObject({ code: 'CONVERSION_UNREADABLE' });
    writeFileSync(join(root, 'conversion.json'), ' '.repeat(5 * 1024 ** 2));
    await expect(readConversion(root)).rejects.toThrow('it has 5242880 bytes');
  });
});
