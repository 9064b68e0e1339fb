import { appendFile, link, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageModel } from '../../src/package/package.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { fixturePath, listCases, loadCase } from '../fixtures.ts';
import { bareGraph, floatValue, model, msg, str } from '../onnx/proto.ts';
import { fakeAssets, newFolder } from '../package/fakes.ts';
import { folderWith, irisFile, irisSample } from './folders.ts';

const withSamples = {
  'model.yaml': [
    'name: iris',
    'version: 3',
    'model: {path: model.onnx}',
    'outputs: [{name: label}, {name: probabilities, labels_file: labels.txt}]',
    'samples: [{inputs: s/in.json, outputs: s/out.json}]',
    '',
  ].join('\n'),
  'model.onnx': null,
  'labels.txt': 'setosa\nversicolor\nvirginica\n',
  's/in.json': irisSample.inputs,
  's/out.json': irisSample.outputs,
} as const;

describe('openModel', () => {
  it('infers everything of a bare file', async () => {
    const opened = await openModel(irisFile);
    expect(opened).toMatchObject({ kind: 'file', modelPath: irisFile, files: ['model.onnx'], warnings: [] });
    expect(opened.manifestFile).toBeUndefined();
    expect(opened.manifest).toMatchObject({
      name: 'iris_logreg',
      version: '1',
      inputs: [{ name: 'X', datatype: 'FP32', shape: ['batch', 4] }],
    });
  });

  it('reads a folder with its side files', async () => {
    const root = await folderWith(withSamples);
    const opened = await openModel(root);
    expect(opened).toMatchObject({ kind: 'folder', root, manifestFile: join(root, 'model.yaml') });
    expect(opened.files).toEqual(['labels.txt', 'model.onnx', 's/in.json', 's/out.json']);
    expect(opened.manifest.outputs[1]).toMatchObject({ labels: ['setosa', 'versicolor', 'virginica'] });
    expect(opened.locate?.(['outputs', 0, 'name'])).toMatchObject({
      line: expect.any(Number),
      path: 'outputs[0].name',
    });
    expect(await openModel(join(root, 'model.yaml'))).toEqual({ ...opened, locate: expect.any(Function) });
  });

  it('refuses a graph that answers with nothing', async () => {
    const root = await newFolder();
    const silent = bareGraph(str(2, 'g'), msg(11, floatValue('x')));
    await writeFile(join(root, 'model.onnx'), model(silent));
    await expect(openModel(root)).rejects.toMatchObject({
      code: 'MODEL_NO_OUTPUT',
      message: 'model.onnx has no output: there is nothing to answer with.',
    });
  });

  it('takes the name given instead of the manifest’s', async () => {
    const root = await folderWith(withSamples);
    expect((await openModel(root, { name: 'other' })).manifest.name).toBe('other');
    expect((await openModel(irisFile, { name: 'other' })).manifest.name).toBe('other');
  });

  it('lists external data beside the model, also in a subfolder', async () => {
    const bare = await openModel(fixturePath('traits/external_data/model.onnx'));
    expect(bare.files).toEqual(['model.onnx', 'model.onnx.data']);
    const [model, data] = await Promise.all(bare.files.map((file) => readFile(join(bare.root, file))));
    const files = {
      'model.yaml': 'name: x\nmodel: {path: w/m.onnx}\n',
      'w/m.onnx': model!,
      'w/model.onnx.data': data!,
    };
    const root = await folderWith(files);
    expect((await openModel(root)).files).toEqual(['w/m.onnx', 'w/model.onnx.data']);
    await link(join(root, 'w/model.onnx.data'), join(root, 'also'));
    await expect(openModel(root)).rejects.toMatchObject({ code: 'EXTERNAL_DATA_LINK' });
  });

  it.each(['model.onnx', 'labels.txt', 's/in.json', 's/out.json'])('refuses %s as a link', async (path) => {
    const root = await folderWith(withSamples);
    const elsewhere = await folderWith({ [basename(path)]: path === 'model.onnx' ? null : 'x' });
    await rm(join(root, path));
    await symlink(join(elsewhere, basename(path)), join(root, path));
    await expect(openModel(root)).rejects.toMatchObject({ code: 'FILE_OUTSIDE', exit: 2 });
  });

  it.each(['model.onnx', 'labels.txt', 's/in.json', 's/out.json'])('refuses without %s', async (path) => {
    const root = await folderWith(withSamples);
    await rm(join(root, path));
    await expect(openModel(root)).rejects.toMatchObject({
      code: 'MANIFEST_FILE_MISSING',
      exit: 2,
      message: expect.stringContaining(path),
      details: {
        at: { file: join(root, 'model.yaml'), line: expect.any(Number), column: expect.any(Number) },
        expected: 'a file that is there',
        received: path,
      },
    });
  });

  it('says at which line a file is named that is not there, and which was meant', async () => {
    const root = await folderWith({ ...withSamples, 'model.yaml': 'name: a\nmodel:\n  path: modle.onnx\n' });
    await expect(openModel(root)).rejects.toMatchObject({
      code: 'MANIFEST_FILE_MISSING',
      message: 'The file modle.onnx, which "model.path" names, does not exist.',
      remedy: 'Did you mean "model.onnx"?',
      details: { at: { line: 3, column: 9, path: 'model.path' } },
    });
  });

  it.each(
    listCases()
      .map(loadCase)
      .filter((each) => each.expect === 'error')
      .map((each) => [each.name, codes[each.name as keyof typeof codes], each.modelPath]),
  )('%s is refused with %s', async (_, code, path) => {
    await expect(openModel(path)).rejects.toMatchObject({ code, exit: 1, http: 500 });
  });
});

describe('a package', () => {
  let work: string;
  let root: string;

  beforeEach(async () => {
    work = await newFolder();
    root = join(work, 'iris');
    const folder = await folderWith(withSamples);
    await packageModel(await openModel(folder), { output: root }, await fakeAssets(join(work, 'assets')));
  });

  afterEach(() => rm(work, { recursive: true, force: true }));

  it('opens as what was packed', async () => {
    const opened = await openModel(root);
    expect(opened).toMatchObject({ kind: 'package', root: join(root, 'model') });
    expect(opened.manifest).toMatchObject({ name: 'iris', version: '3' });
    expect(opened.files).toContain('model.onnx');
  });

  it.each([
    ['a byte added to the model', 'model/model.onnx', 'PACKAGE_FILE_CHANGED'],
    ['a byte added to the manifest', 'model/model.yaml', 'PACKAGE_FILE_CHANGED'],
    ['a byte added to a sample', 'model/s/in.json', 'PACKAGE_FILE_CHANGED'],
  ])('with %s is refused', async (_, path, code) => {
    await appendFile(join(root, path), ' ');
    await expect(openModel(root)).rejects.toMatchObject({
      code,
      exit: 1,
      message: expect.stringContaining(path),
    });
  });

  it('with another model of the same length is refused', async () => {
    const file = join(root, 'model/labels.txt');
    await writeFile(file, 'Setosa\nversicolor\nvirginica\n');
    await expect(openModel(root)).rejects.toMatchObject({ code: 'PACKAGE_FILE_CHANGED' });
  });

  it('with a file too few, one too many or a lock that is none is refused', async () => {
    await writeFile(join(root, 'model/extra.bin'), 'x');
    await expect(openModel(root)).rejects.toMatchObject({ code: 'PACKAGE_FILE_EXTRA' });
    await rm(join(root, 'model/extra.bin'));
    await rm(join(root, 'model/model.onnx'));
    await expect(openModel(root)).rejects.toMatchObject({ code: 'PACKAGE_FILE_MISSING' });
    await writeFile(join(root, 'mdeploy.lock.json'), '{"schema_version": 1');
    await expect(openModel(root)).rejects.toMatchObject({ code: 'LOCK_UNREADABLE' });
  });

  it('with a link in place of a file is refused', async () => {
    const elsewhere = await folderWith({ 'model.onnx': null });
    await rm(join(root, 'model/model.onnx'));
    await symlink(join(elsewhere, 'model.onnx'), join(root, 'model/model.onnx'));
    await expect(openModel(root)).rejects.toMatchObject({ code: 'PACKAGE_FILE_CHANGED' });
  });
});

const codes = {
  'traits/corrupted': 'MODEL_CORRUPT',
  'traits/truncated': 'MODEL_TRUNCATED',
  'traits/ir_too_new': 'MODEL_IR_UNSUPPORTED',
  'traits/opset_too_new': 'MODEL_OPSET_UNSUPPORTED',
  'traits/not_onnx_html': 'MODEL_WEB_PAGE',
  'traits/git_lfs_pointer': 'MODEL_LFS_POINTER',
  'traits/zero_bytes': 'MODEL_EMPTY',
  'traits/external_data_missing': 'EXTERNAL_DATA_MISSING',
} as const;
