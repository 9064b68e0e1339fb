import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkManifest } from '../../src/manifest/check.ts';
import { printManifest } from '../../src/manifest/print.ts';
import { loadVersion } from '../../src/repository/load-version.ts';
import { locateModel } from '../../src/repository/locate-model.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { planFolder } from '../../src/repository/plan-folder.ts';
import { mlmodelText } from '../manifest/mlmodel-text.ts';
import { folderWith } from './folders.ts';

const names = ['sepal length', 'sepal width', 'petal length', 'petal width'];
const columns = names.map((name) => ({ type: 'float', name, required: true }));

describe('a folder with an MLmodel file', () => {
  it('is opened without a manifest: model, features and protocols from MLflow', async () => {
    const root = await folderWith({
      'iris/MLmodel': mlmodelText(columns, 'onnx', 'data/m.onnx'),
      'iris/data/m.onnx': null,
      'iris/other.onnx': 'x',
    });
    const opened = await openModel(join(root, 'iris'));
    expect(opened).toMatchObject({ kind: 'file', files: ['data/m.onnx'] });
    expect(opened.manifest).toMatchObject({ name: 'iris', model: { path: 'data/m.onnx' } });
    const version = await loadVersion(opened, { isProven: true });
    expect(version.facts.columns).toEqual(new Map([['X', names]]));
    await version.session.close();
    const printed = printManifest(opened.manifest);
    const { draft, problems } = checkManifest(printed, 'model.yaml', { environment: {}, transforms: [] });
    expect(problems).toEqual([]);
    expect(draft?.inputs[0]?.columns).toEqual(names);
    expect(draft?.serving.protocols).toContain('mlflow');
  });

  it('is one of several models, or a version', async () => {
    const root = await folderWith({
      'a/MLmodel': '',
      'b/2/MLmodel': '',
    });
    const { versions } = await planFolder(root);
    expect(versions.map(({ folder }) => folder)).toEqual([
      { model: 'a', version: '1' },
      { model: 'b', version: '2' },
    ]);
  });

  it('a manifest beside it comes first', async () => {
    const root = await folderWith({ MLmodel: 'x: [', 'model.yaml': '', 'model.onnx': '' });
    expect(await locateModel(root)).toMatchObject({ kind: 'folder' });
  });

  it('never leads out of the folder', async () => {
    const root = await folderWith({ 'm/MLmodel': mlmodelText(null, 'onnx', 'link.onnx'), 'out.onnx': null });
    await symlink('../out.onnx', join(root, 'm/link.onnx'));
    await expect(openModel(join(root, 'm'))).rejects.toMatchObject({ code: 'FILE_OUTSIDE' });
    const gone = await folderWith({ MLmodel: mlmodelText(null) });
    await expect(openModel(gone)).rejects.toThrow('model.onnx');
  });
});
