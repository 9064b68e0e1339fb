import { access, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { presentSettings } from '../../../src/bench/tune/candidate.ts';
import { openFolder } from '../../../src/bench/tune/folder.ts';
import { openModel } from '../../../src/repository/open-model.ts';
import { folderWith } from '../../repository/folders.ts';
import { batched, two } from './points.ts';

test('a manifest for each setting beside the files of the model, and nothing is left', async () => {
  const yaml =
    'name: iris\nmodel: {path: sub/m.onnx}\nserving: {timeout_ms: 5, batching: {max_batch_size: 3}}\n';
  const opened = await openModel(await folderWith({ 'model.yaml': yaml, 'sub/m.onnx': null }));
  const folder = await openFolder(opened);
  for (const candidate of [batched, { ...batched, threads: 1 }, { ...two, processes: 1 }]) {
    const made = await openModel(await folder.manifestFor(candidate));
    expect(presentSettings(made.manifest)).toEqual({ ...candidate, processes: 1 });
    expect(made.manifest.serving.timeout_ms).toBe(5);
    expect(await readFile(made.modelPath)).toEqual(await readFile(opened.modelPath));
  }
  const root = dirname(await folder.manifestFor(batched));
  expect((await stat(join(root, 'sub/m.onnx'))).isFile()).toBe(true);
  await folder.close();
  await expect(access(root)).rejects.toThrow('ENOENT');
  expect(await readFile(join(opened.root, 'model.yaml'), 'utf8')).toBe(yaml);
});

test('a bare model file has a manifest, too', async () => {
  const opened = await openModel(join(await folderWith({ 'm.onnx': null }), 'm.onnx'));
  const folder = await openFolder(opened);
  const { manifest, kind } = await openModel(await folder.manifestFor(two));
  expect([kind, manifest.name, manifest.runtime.intra_op_threads]).toEqual(['folder', 'm', 'auto']);
  await folder.close();
});

test('when a file cannot be had, nothing is left', async () => {
  const opened = await openModel(
    await folderWith({ 'model.yaml': 'name: a\nmodel: {path: m.onnx}\n', 'm.onnx': null }),
  );
  await expect(openFolder({ ...opened, files: ['m.onnx', 'gone.txt'] })).rejects.toThrow('ENOENT');
});
