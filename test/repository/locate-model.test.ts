import { symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { locateModel } from '../../src/repository/locate-model.ts';
import { folderWith } from './folders.ts';

describe('locateModel', () => {
  it('a file is a bare model', async () => {
    const root = await folderWith({ 'any.name': 'x' });
    expect(await locateModel(join(root, 'any.name'))).toEqual({ kind: 'file', root, modelFile: 'any.name' });
  });

  it('takes paths relative to the current folder', async () => {
    const root = await folderWith({ 'm.onnx': 'x' });
    const path = relative(process.cwd(), join(root, 'm.onnx'));
    expect(await locateModel(path)).toEqual({ kind: 'file', root, modelFile: 'm.onnx' });
  });

  it.each(['model.yaml', 'other.yml', 'OTHER.YAML'])('%s by its name is a manifest', async (name) => {
    const root = await folderWith({ [name]: 'name: x' });
    expect(await locateModel(join(root, name))).toEqual({
      kind: 'folder',
      root,
      manifestFile: join(root, name),
    });
  });

  it('a folder with model.yaml, whatever else lies there', async () => {
    const root = await folderWith({ 'model.yaml': '', 'a.onnx': '', 'b.onnx': '' });
    expect(await locateModel(`${root}/`)).toEqual({
      kind: 'folder',
      root,
      manifestFile: join(root, 'model.yaml'),
    });
  });

  it('a folder with exactly one .onnx', async () => {
    const root = await folderWith({ 'a.onnx': '', 'a.onnx.data': '', 'notes.txt': '' });
    expect(await locateModel(root)).toEqual({ kind: 'file', root, modelFile: 'a.onnx' });
  });

  it('a package, before anything else', async () => {
    const root = await folderWith({ 'mdeploy.lock.json': '{}', 'model.yaml': '', 'model/model.yaml': '' });
    expect(await locateModel(root)).toEqual({
      kind: 'package',
      packageRoot: root,
      root: join(root, 'model'),
      manifestFile: join(root, 'model/model.yaml'),
    });
  });

  it.each([
    ['none', {}, 'no model.yaml and 0 .onnx files: none'],
    ['two', { 'b.onnx': '', 'a.onnx': '' }, 'no model.yaml and 2 .onnx files: a.onnx, b.onnx'],
    [
      'many',
      Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`m${10 + index}.onnx`, ''])),
      'no model.yaml and 12 .onnx files: m10.onnx, m11.onnx, m12.onnx, m13.onnx, m14.onnx, m15.onnx, m16.onnx, m17.onnx.',
    ],
  ])('a folder with %s is ambiguous', async (_, files, words) => {
    const root = await folderWith(files);
    await expect(locateModel(root)).rejects.toMatchObject({
      code: 'MODEL_FOLDER_AMBIGUOUS',
      exit: 2,
      message: expect.stringContaining(words),
    });
  });

  it('nothing there, and a file where a folder should be', async () => {
    const root = await folderWith({ 'm.onnx': '' });
    await expect(locateModel(join(root, 'missing'))).rejects.toMatchObject({
      code: 'MODEL_PATH_MISSING',
      exit: 2,
      message: `There is no model at ${join(root, 'missing')}.`,
    });
    await expect(locateModel(join(root, 'm.onnx', 'x'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('a link that leads nowhere or in a circle is told', async () => {
    const root = await folderWith({});
    await symlink('nowhere', join(root, 'dangling.onnx'));
    await symlink('circle.onnx', join(root, 'circle.onnx'));
    await expect(locateModel(join(root, 'dangling.onnx'))).rejects.toMatchObject({
      code: 'MODEL_PATH_MISSING',
    });
    await expect(locateModel(join(root, 'circle.onnx'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
