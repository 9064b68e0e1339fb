import { link, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Assets } from '../../src/package/assets.ts';
import { packageModel } from '../../src/package/package.ts';
import { readLock } from '../../src/repository/lock.ts';
import type { OpenedModel } from '../../src/repository/opened-model.ts';
import { verifyLock } from '../../src/repository/verify-lock.ts';
import { fakeAssets, fakeModel, manifest, newFolder, writeFiles } from './fakes.ts';

let work: string;
let assets: Assets;
let model: OpenedModel;
let output: string;

beforeEach(async () => {
  work = await newFolder();
  assets = await fakeAssets(join(work, 'assets'));
  model = await fakeModel(join(work, 'model'));
  output = join(work, 'out', 'iris');
});

afterEach(() => rm(work, { recursive: true, force: true }));

describe('templates of the user', () => {
  test('replace and join the default ones', async () => {
    const template = join(work, 'template');
    await writeFiles(template, {
      'Dockerfile.tmpl': 'FROM {{ base }}\nCOPY . .\n',
      'deploy/run.sh.tmpl': 'docker run {{ name }}:{{ version }}\n',
      'NOTES.txt': 'kept {{ as is }}\n',
    });
    await packageModel(model, { output, template }, assets);
    expect(await readFile(join(output, 'Dockerfile'), 'utf8')).toBe(
      `FROM ${manifest.image.base}\nCOPY . .\n`,
    );
    expect(await readFile(join(output, 'deploy/run.sh'), 'utf8')).toBe('docker run iris:3\n');
    expect(await readFile(join(output, 'NOTES.txt'), 'utf8')).toBe('kept {{ as is }}\n');
    expect(await readFile(join(output, 'README.md'), 'utf8')).toContain('# iris 3');
    await verifyLock(output, await readLock(output));
  });

  test.each([
    'server.mjs',
    'locale/x',
    'model/x',
    'node_modules/x/index.js',
    'mdeploy.lock.json.tmpl',
    'Model/x',
    'a$b',
  ])('may not hold %s', async (name) => {
    await writeFiles(join(work, 'template'), { [name]: '' });
    await expect(
      packageModel(model, { output, template: join(work, 'template') }, assets),
    ).rejects.toMatchObject({ code: 'PACKAGE_FILE_NAME' });
  });

  test('must be there, and hold no links', async () => {
    const template = join(work, 'template');
    await expect(packageModel(model, { output, template }, assets)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(template),
    });
    await writeFiles(template, { a: '' });
    await symlink('/etc/passwd', join(template, 'b.tmpl'));
    await expect(packageModel(model, { output, template }, assets)).rejects.toMatchObject({
      code: 'PACKAGE_INPUT_UNSAFE',
      message: expect.stringContaining('b.tmpl'),
    });
  });
});

describe('inputs that are not what they seem', () => {
  test.each<[string, RegExp, () => Promise<void>]>([
    [
      'a symbolic link',
      /symbolic link/,
      async () => {
        await rename(join(model.root, 'model.onnx'), join(work, 'real.onnx'));
        await symlink(join(work, 'real.onnx'), join(model.root, 'model.onnx'));
      },
    ],
    [
      'a link to a folder on the way',
      /folder on the way/,
      async () => {
        await rename(join(model.root, 'samples'), join(work, 'samples'));
        await symlink(join(work, 'samples'), join(model.root, 'samples'));
      },
    ],
    ['a hard link', /2 names/, () => link(join(model.root, 'model.onnx'), join(work, 'second-name'))],
    [
      'a folder',
      /not a regular file/,
      async () => {
        await rm(join(model.root, 'model.onnx'));
        await mkdir(join(model.root, 'model.onnx'));
      },
    ],
  ])('%s is refused', async (_, says, prepare) => {
    await prepare();
    await expect(packageModel(model, { output }, assets)).rejects.toMatchObject({
      code: 'PACKAGE_INPUT_UNSAFE',
      exit: 2,
      message: expect.stringMatching(says),
    });
    await expect(stat(output)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each([
    ['a name with a dollar', 'a$b', /"\$"/],
    ['a path that climbs', '../assets/server.mjs', /plain relative/],
    ['a second manifest', 'model.yaml', /manifest of the package/],
    ['a twin by case', 'MODEL.onnx', /same as model\.onnx/],
  ])('%s is refused', async (_, name, says) => {
    await writeFiles(model.root, { [name]: '' });
    const files = [...model.files, name];
    await expect(packageModel({ ...model, files }, { output }, assets)).rejects.toMatchObject({
      code: 'PACKAGE_FILE_NAME',
      message: expect.stringMatching(says),
    });
  });

  test('a file that is gone is named', async () => {
    await rm(join(model.root, 'samples/0.out.json'));
    await expect(packageModel(model, { output }, assets)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringMatching(/0\.out\.json: it does not exist/),
    });
  });
});
