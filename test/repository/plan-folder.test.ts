import { mkdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultProtocols } from '../../src/manifest/defaults.ts';
import { openPlan } from '../../src/repository/open-plan.ts';
import { planFolder, planPlace } from '../../src/repository/plan-folder.ts';
import { folderWith } from './folders.ts';

const manifest = (lines: string) => `model: {path: model.onnx}\n${lines}\n`;

/** Names and versions of what a folder holds, opened. */
async function served(root: string, name?: string): Promise<string[]> {
  const opened = await openPlan((await planFolder(root, name)).versions);
  return opened.map((model) => `${model.manifest.name} ${model.manifest.version}`);
}

describe('one model', () => {
  it('is what it always was: a file, a folder with one model, or what openModel will refuse', async () => {
    const root = await folderWith({ 'net.onnx': null, '3/model.onnx': null });
    expect(await planFolder(root)).toEqual({ versions: [{ path: root }], warnings: [] });
    expect(await planFolder(join(root, 'net.onnx'), 'iris')).toEqual({
      versions: [{ path: join(root, 'net.onnx'), name: 'iris' }],
      warnings: [],
    });
    expect((await planFolder(join(root, 'nothing'))).versions).toEqual([{ path: join(root, 'nothing') }]);
    expect(await served(root)).toEqual(['net 1']);
  });

  it('that is not there, or in a folder without any, is refused as before', async () => {
    const root = await folderWith({ 'src/main.py': '', 'README.md': '' });
    await expect(served(join(root, 'nothing'))).rejects.toMatchObject({ code: 'MODEL_PATH_MISSING' });
    await expect(served(root)).rejects.toMatchObject({ code: 'MODEL_FOLDER_AMBIGUOUS' });
  });
});

describe('version folders', () => {
  it('are versions of the model their parent is named after, whatever else lies there', async () => {
    const root = await folderWith({
      'iris/2/model.onnx': null,
      'iris/0010/net.onnx': null,
      'iris/1718000000123/model.onnx': null,
      'iris/notes/model.onnx': null,
      'iris/7': 'a file',
    });
    expect(await served(join(root, 'iris'))).toEqual(['iris 10', 'iris 1718000000123', 'iris 2']);
    expect(await served(join(root, 'iris'), 'flowers')).toContain('flowers 2');
  });

  it('name the version of a manifest that names none, and agree with one that does', async () => {
    const root = await folderWith({
      'iris/3/model.yaml': manifest('name: iris'),
      'iris/3/model.onnx': null,
      'iris/4/model.yaml': manifest('name: iris\nversion: 4'),
      'iris/4/model.onnx': null,
    });
    expect(await served(join(root, 'iris'))).toEqual(['iris 3', 'iris 4']);
  });

  it.each([
    ['name', 'name: rose', 'rose', 'iris'],
    ['version', 'name: iris\nversion: 5', '5', '3'],
    ['version', 'name: iris\nversion: 3.1.0', '3.1.0', '3'],
  ])('refuse a manifest with another %s', async (field, lines, received, expected) => {
    const root = await folderWith({ 'iris/3/model.yaml': manifest(lines), 'iris/3/model.onnx': null });
    await expect(served(join(root, 'iris'))).rejects.toMatchObject({
      code: 'MODEL_FOLDER_DISAGREES',
      exit: 2,
      message: `${join(root, 'iris/3/model.yaml')} says the ${field} ${received}, but the folder it lies in says ${expected}.`,
      details: { field, received, expected },
    });
  });

  it('may be links, as in mounted volumes', async () => {
    const root = await folderWith({ 'data/model.onnx': null });
    await mkdir(join(root, 'iris'));
    await symlink(join(root, 'data'), join(root, 'iris/5'));
    await symlink(join(root, 'nowhere'), join(root, 'iris/6'));
    await symlink(join(root, 'iris/7'), join(root, 'iris/7'));
    expect(await served(join(root, 'iris'))).toEqual(['iris 5']);
  });

  it('with the same number are refused', async () => {
    const root = await folderWith({ 'iris/3/model.onnx': null, 'iris/03/model.onnx': null });
    await expect(served(join(root, 'iris'))).rejects.toMatchObject({
      code: 'VERSION_TWICE',
      message: expect.stringContaining('Version 3 of model "iris" is there twice'),
    });
  });
});

describe('one place of them', () => {
  const planned = async (path: string, name?: string) =>
    (await openPlan((await planPlace(path, name)).versions)).map(
      ({ manifest: { name: model, version } }) => `${model} ${version}`,
    );

  it('is a model, all versions of one, or one of them, under the name it is given', async () => {
    const root = await folderWith({
      'iris/1/model.onnx': null,
      'iris/2/model.onnx': null,
      'roses/net.onnx': null,
      'tulips/model.yaml': manifest('name: tulips\nversion: 2.0.0'),
      'tulips/model.onnx': null,
    });
    expect(await planned(join(root, 'iris'))).toEqual(['iris 1', 'iris 2']);
    expect(await planned(join(root, 'iris'), 'rose')).toEqual(['rose 1', 'rose 2']);
    expect(await planned(join(root, 'iris/2'))).toEqual(['iris 2']);
    expect(await planned(join(root, 'iris/2'), 'rose')).toEqual(['rose 2']);
    expect(await planned(join(root, 'iris/2/model.onnx'), 'rose')).toEqual(['rose 1']);
    expect(await planned(join(root, 'roses'))).toEqual(['net 1']);
    expect(await planned(join(root, 'tulips'))).toEqual(['tulips 2.0.0']);
    expect(await planned(join(root, 'tulips'), 'rose')).toEqual(['rose 2.0.0']);
  });

  it('is not several models', async () => {
    const root = await folderWith({ 'iris/net.onnx': null, 'roses/net.onnx': null });
    for (const name of [undefined, 'iris'])
      await expect(planPlace(root, name)).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
        message: 'There are 2 models at this place.',
      });
  });
});

describe('folders of models', () => {
  it('are served together; what holds no model is told', async () => {
    const root = await folderWith({
      'iris/1/model.onnx': null,
      'iris/2/model.onnx': null,
      'roses/net.onnx': null,
      'tulips-2/model.yaml': manifest('name: tulips\nversion: 2.0.0'),
      'tulips-2/model.onnx': null,
      'notes/readme.txt': '',
      '.git/HEAD': '',
      'README.md': '',
    });
    expect(await served(root)).toEqual(['iris 1', 'iris 2', 'roses 1', 'tulips 2.0.0']);
    expect((await planFolder(root)).warnings).toEqual([
      `${join(root, 'notes')} holds no model and is not served.`,
    ]);
  });

  it('cannot all have one name', async () => {
    const root = await folderWith({ 'iris/net.onnx': null, 'roses/net.onnx': null });
    await expect(planFolder(root, 'iris')).rejects.toMatchObject({
      code: 'USAGE',
      message: `--name names one model, and ${root} holds several.`,
    });
  });

  it.each([
    ['timeout_ms', 'timeout_ms: 500', '500', '30000'],
    ['protocols', 'protocols: [tfs]', 'tfs', defaultProtocols.join()],
    ['max_body_size', 'max_body_size: 1MiB', String(1024 ** 2), String(64 * 1024 ** 2)],
    ['drain_timeout_ms', 'drain_timeout_ms: 1', '1', '10000'],
  ])('agree on serving.%s', async (field, line, received, expected) => {
    const root = await folderWith({
      'iris/net.onnx': null,
      'roses/model.yaml': manifest(`name: roses\nserving: {${line}}`),
      'roses/model.onnx': null,
    });
    await expect(served(root)).rejects.toMatchObject({
      code: 'SERVING_DIFFERS',
      exit: 2,
      message: `serving.${field} of model "roses" is ${received}, of model "iris" ${expected}; one server has one.`,
      details: { field: `serving.${field}`, received, expected },
    });
  });

  it('of the same name and version are refused', async () => {
    const root = await folderWith({
      'a/model.yaml': manifest('name: iris'),
      'a/model.onnx': null,
      'b/model.yaml': manifest('name: iris'),
      'b/model.onnx': null,
    });
    await expect(served(root)).rejects.toMatchObject({ code: 'VERSION_TWICE' });
    expect(basename(root)).not.toBe('iris');
  });
});
