import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Assets } from '../../src/package/assets.ts';
import { packageModel } from '../../src/package/package.ts';
import { lockName, readLock } from '../../src/repository/lock.ts';
import type { OpenedModel } from '../../src/repository/opened-model.ts';
import { liveSwaps, recoverPackage, swapNames } from '../../src/repository/recover-package.ts';
import { verifyLock } from '../../src/repository/verify-lock.ts';
import { runCommand } from '../provision/command.ts';
import { fakeAssets, fakeModel, newFolder, writeFiles } from './fakes.ts';

let work: string;
let assets: Assets;
let model: OpenedModel;
let output: string;

beforeEach(async () => {
  work = await newFolder();
  assets = await fakeAssets(join(work, 'assets'));
  model = await fakeModel(join(work, 'model'));
  output = join(work, 'out', 'iris');
  await mkdir(join(work, 'out'));
});

afterEach(() => rm(work, { recursive: true, force: true }));

describe('the archive', () => {
  let archive: string;
  beforeEach(() => {
    archive = join(work, 'out', 'iris.tgz');
  });
  const toArchive = (force = false) => packageModel(model, { archive, force }, assets);

  test('may replace an archive that mdeploy wrote', async () => {
    await toArchive();
    const first = await readFile(archive);
    await toArchive();
    expect((await readFile(archive)).equals(first)).toBe(true);
  });

  test.each<[string, RegExp, () => Promise<unknown>]>([
    ['a file of someone', /not an archive made by mdeploy/, () => writeFile(archive, 'thesis')],
    ['an empty file', /not an archive made by mdeploy/, () => writeFile(archive, '')],
    [
      'another gzip file',
      /not an archive made by mdeploy/,
      () => writeFile(archive, gzipSync('x'.repeat(9999))),
    ],
    [
      'an archive that tar made of a package',
      /not an archive made by mdeploy/,
      async () => {
        await packageModel(model, { output: join(work, 'iris-3.mdeploy') }, assets);
        await runCommand('tar', ['-C', work, '-czf', archive, 'iris-3.mdeploy']);
        await rm(join(work, 'iris-3.mdeploy'), { recursive: true });
      },
    ],
    [
      'a link',
      /not a file/,
      () => symlink(join(assets.runtime, 'onnxruntime-node', 'package.json'), archive),
    ],
  ])('may not be %s, unless forced', async (_, says, prepare) => {
    await prepare();
    const before = await readFile(archive);
    await expect(toArchive()).rejects.toMatchObject({
      code: 'PACKAGE_TARGET_OCCUPIED',
      exit: 2,
      message: expect.stringMatching(says),
      remedy: expect.stringContaining('--tgz'),
    });
    expect((await readFile(archive)).equals(before)).toBe(true);
    if (says.source === 'not a file') return;
    await toArchive(true);
    expect(await readdir(join(work, 'out'))).toEqual(['iris.tgz']);
  });

  test('may not be a folder, even forced', async () => {
    await mkdir(archive);
    await expect(toArchive()).rejects.toMatchObject({ code: 'PACKAGE_TARGET_OCCUPIED' });
    await expect(toArchive(true)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE', exit: 3 });
  });

  test('never takes the place of what the package is made from, even forced and by another way', async () => {
    await symlink(model.root, join(work, 'out', 'way'));
    for (const name of [...model.files, 'model.yaml']) {
      const before = await readFile(join(model.root, name));
      for (archive of [join(model.root, name), join(work, 'out', 'way', name)])
        await expect(toArchive(true)).rejects.toMatchObject({
          code: 'PACKAGE_TARGET_UNSAFE',
          exit: 2,
          message: expect.stringContaining('the package is made from it'),
        });
      expect((await readFile(join(model.root, name))).equals(before)).toBe(true);
    }
  });

  test('may not lie in the folder that is written beside it', async () => {
    await packageModel(model, { output }, assets);
    for (archive of [output, join(output, 'iris.tgz')])
      await expect(packageModel(model, { output, archive, force: true }, assets)).rejects.toMatchObject({
        code: 'PACKAGE_TARGET_UNSAFE',
        message: expect.stringContaining('package folder'),
      });
    await verifyLock(output, await readLock(output));
  });
});

describe('the output', () => {
  test('may be an empty folder or an untouched package', async () => {
    await mkdir(output);
    await packageModel(model, { output }, assets);
    await packageModel(model, { output }, assets);
    await verifyLock(output, await readLock(output));
  });

  test.each<[string, RegExp, () => Promise<void>]>([
    ['a folder of someone', /not a package made by mdeploy/, () => writeFiles(output, { 'thesis.tex': 'x' })],
    ['a file', /not a folder/, () => writeFile(output, 'x')],
    ['a link to a folder', /not a folder/, () => symlink(assets.runtime, output)],
    [
      'a folder with a lock of another tool',
      /changed by hand.*lock/,
      () => writeFiles(output, { [lockName]: '{}' }),
    ],
    [
      'a package with a note',
      /NOTES\.md in it was added by hand/,
      async () => {
        await packageModel(model, { output }, assets);
        await writeFile(join(output, 'NOTES.md'), 'mine');
      },
    ],
    [
      'a package with an edited Dockerfile',
      /changed by hand: Dockerfile/,
      async () => {
        await packageModel(model, { output }, assets);
        await writeFile(join(output, 'Dockerfile'), 'FROM mine');
      },
    ],
  ])('may not be %s, unless forced', async (_, says, prepare) => {
    await prepare();
    await expect(packageModel(model, { output }, assets)).rejects.toMatchObject({
      code: 'PACKAGE_TARGET_OCCUPIED',
      exit: 2,
      message: expect.stringMatching(says),
      remedy: expect.stringContaining('--force'),
    });
    expect(await readdir(join(work, 'out'))).toEqual(['iris']);
    await packageModel(model, { output, force: true }, assets);
    await verifyLock(output, await readLock(output));
    expect(await readdir(join(work, 'out'))).toEqual(['iris']);
    expect((await readdir(work)).sort()).toEqual(['assets', 'model', 'out']);
  });

  test('may never hold the model, the current folder or home, even forced', async () => {
    for (const [folder, what] of [
      [model.root, /the model/],
      [work, /the model/],
      [process.cwd(), /the folder you are in/],
      [homedir(), /home/],
      ['/', /the model/],
    ] as const) {
      await expect(packageModel(model, { output: folder, force: true }, assets)).rejects.toMatchObject({
        code: 'PACKAGE_TARGET_UNSAFE',
        exit: 2,
        message: expect.stringMatching(what),
      });
    }
    await symlink(work, join(work, 'out', 'way'));
    await expect(
      packageModel(model, { output: join(work, 'out', 'way'), force: true }, assets),
    ).rejects.toMatchObject({ code: 'PACKAGE_TARGET_UNSAFE' });
    expect(await readFile(join(model.root, 'secret.pem'), 'utf8')).toBe('not for packages');
  });

  test('may lie inside the model folder, which does not become part of it', async () => {
    const inside = join(model.root, 'dist', 'iris');
    const { lock } = await packageModel(model, { output: inside }, assets);
    const again = await packageModel(model, { output: inside }, assets);
    expect(again.lock).toEqual(lock);
  });

  test('under a file is an error that names the place', async () => {
    await expect(
      packageModel(model, { output: join(model.root, 'model.onnx', 'x') }, assets),
    ).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      exit: 3,
      message: expect.stringMatching(/model\.onnx: (it|a part of the path) is not a folder\.$/),
    });
  });

  test('runs at the same time leave one whole package and nothing else', async () => {
    for (let round = 0; round < 10; round++) {
      const runs = await Promise.allSettled([1, 2, 3].map(() => packageModel(model, { output }, assets)));
      expect(runs.filter((run) => run.status === 'fulfilled').length).toBeGreaterThan(0);
      await verifyLock(output, await readLock(output));
      expect(await readdir(join(work, 'out'))).toEqual(['iris']);
    }
  });
});

describe('recoverPackage', () => {
  const id = '0a1b2c3d';

  test('puts the new package in place when a kill came between the renames', async () => {
    const { fresh, aside } = swapNames(output, id);
    await packageModel(model, { output }, assets);
    await rename(output, aside);
    await writeFile(join(model.root, 'model.onnx'), 'newer');
    await packageModel(model, { output: fresh }, assets);
    await recoverPackage(output);
    expect(await readFile(join(output, 'model/model.onnx'), 'utf8')).toBe('newer');
    expect(await readdir(join(work, 'out'))).toEqual(['iris']);
  });

  test('puts the old package back when the new one is not whole', async () => {
    const { fresh, aside } = swapNames(output, id);
    await packageModel(model, { output }, assets);
    await rename(output, aside);
    await packageModel(model, { output: fresh }, assets);
    await rm(join(fresh, 'server.mjs'));
    await recoverPackage(output);
    await verifyLock(output, await readLock(output));
    expect(await readdir(join(work, 'out'))).toEqual(['iris']);
  });

  test('removes what is half-written and keeps an output that is there', async () => {
    const { fresh, aside, staging, part } = swapNames(output, id);
    await packageModel(model, { output }, assets);
    for (const left of [fresh, aside, staging]) await writeFiles(left, { x: 'y' });
    await writeFile(part, '');
    await recoverPackage(output);
    await verifyLock(output, await readLock(output));
    expect(await readdir(join(work, 'out'))).toEqual(['iris']);
  });

  test('leaves alone what a living run or someone else owns', async () => {
    const { fresh } = swapNames(output, id);
    const parent = fresh.replace(`.${process.pid}.`, `.${process.ppid}.`);
    const others = ['.iris.note', '.iris.99.zz.new', '.other.1.0a1b2c3d.new'].map((name) =>
      join(work, 'out', name),
    );
    for (const folder of [fresh, parent, ...others]) await mkdir(folder);
    liveSwaps.add(id);
    await recoverPackage(output);
    liveSwaps.delete(id);
    for (const folder of [fresh, parent, ...others]) expect((await stat(folder)).isDirectory()).toBe(true);
    await recoverPackage(output);
    await expect(stat(fresh)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await stat(parent)).isDirectory()).toBe(true);
  });

  test('has nothing to do where there is no folder', async () => {
    await recoverPackage(join(work, 'none', 'x'));
    expect(await readdir(work)).not.toContain('none');
  });
});
