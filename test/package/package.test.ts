import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/core/hash.ts';
import type { OnnxModel } from '../../src/onnx/model.ts';
import type { Assets } from '../../src/package/assets.ts';
import { packageModel } from '../../src/package/package.ts';
import { layerSizes } from '../../src/package/plan.ts';
import { planPackage } from '../../src/package/plan-package.ts';
import { lockName, readLock } from '../../src/repository/lock.ts';
import type { OpenedModel } from '../../src/repository/opened-model.ts';
import { extraFiles, verifyLock } from '../../src/repository/verify-lock.ts';
import { fakeAssets, fakeLocale, fakeModel, manifest, newFolder, writeFiles } from './fakes.ts';

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

describe('the plan', () => {
  test('names every file, its layer and its platform, and writes nothing', async () => {
    const plan = await planPackage(
      model,
      { platforms: ['linux/arm64', 'linux/amd64', 'linux/amd64'] },
      assets,
    );
    expect(plan.files.map(({ path, layer, platform }) => [path, layer, platform].join(' ').trim())).toEqual([
      '.dockerignore build',
      'Dockerfile build',
      'README.md build',
      'THIRD-PARTY-NOTICES server',
      'model/model.onnx model',
      'model/model.yaml manifest',
      'model/samples/0.in.json model',
      'model/samples/0.out.json model',
      'node_modules/onnxruntime-common/package.json runtime',
      'node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/binding.node runtime linux/arm64',
      'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/binding.node runtime linux/amd64',
      'node_modules/onnxruntime-node/dist/index.js runtime',
      'node_modules/onnxruntime-node/package.json runtime',
      'server.mjs server',
    ]);
    expect(plan.platforms).toEqual(['linux/amd64', 'linux/arm64']);
    expect(layerSizes(plan).map(({ layer, files }) => `${layer} ${files}`)).toEqual([
      'runtime 5',
      'server 2',
      'model 3',
      'manifest 1',
      'build 3',
    ]);
    await expect(stat(join(work, 'out'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('holds sharp and its libraries when a step works on pictures', async () => {
    const pictures = { ...manifest, preprocess: [{ name: 'decode_image', options: null }] };
    await installSharp(assets.root, ['linux-x64']);
    const plan = await planPackage({ ...model, manifest: pictures }, {}, assets);
    expect(
      plan.files
        .filter((file) => /sharp|img|semver/.test(file.path))
        .map(({ path, platform }) => [path, platform]),
    ).toEqual([
      ['node_modules/@img/sharp-libvips-linux-x64/README.md', 'linux/amd64'],
      ['node_modules/@img/sharp-libvips-linux-x64/lib/libvips.so.42', 'linux/amd64'],
      ['node_modules/@img/sharp-libvips-linux-x64/package.json', 'linux/amd64'],
      ['node_modules/@img/sharp-linux-x64/LICENSE', 'linux/amd64'],
      ['node_modules/@img/sharp-linux-x64/lib/sharp.node', 'linux/amd64'],
      ['node_modules/@img/sharp-linux-x64/package.json', 'linux/amd64'],
      ['node_modules/semver/LICENSE', undefined],
      ['node_modules/semver/index.js', undefined],
      ['node_modules/semver/package.json', undefined],
      ['node_modules/sharp/LICENSE', undefined],
      ['node_modules/sharp/dist/index.cjs', undefined],
      ['node_modules/sharp/package.json', undefined],
    ]);
    await expect(
      planPackage({ ...model, manifest: pictures }, { platforms: ['linux/arm64'] }, assets),
    ).rejects.toMatchObject({
      code: 'PACKAGE_MODULE_MISSING',
      exit: 3,
      remedy: expect.stringContaining(
        'npm install --no-save --force @img/sharp-linux-arm64@1.0.0 @img/sharp-libvips-linux-arm64@2.0.0',
      ),
    });
    await rm(join(assets.root, 'node_modules'), { recursive: true });
    await expect(
      planPackage(
        { ...model, manifest: pictures },
        {},
        { ...assets, root: '/nowhere/lib/node_modules/mdeploy' },
      ),
    ).rejects.toMatchObject({
      code: 'PACKAGE_MODULE_MISSING',
      remedy: expect.stringContaining('npm install --global --force sharp'),
    });
  });

  test('a model that sorts text asks for the locale', async () => {
    const text = { ...model, onnx: { locales: ['en_US', 'C'] } as unknown as OnnxModel };
    const places = await fakeLocale(join(work, 'locales'), 'en_US.utf8');
    const plan = await planPackage(text, {}, assets, places);
    expect(plan.needs_locale).toBe(true);
    const brought = plan.files.filter(({ path }) => path.startsWith('locale/'));
    expect(brought).toHaveLength(12);
    expect(new Set(brought.map(({ layer, platform }) => `${layer} ${platform}`))).toEqual(
      new Set(['runtime undefined']),
    );
    const plain = await planPackage(model, {}, assets, places);
    expect(plain.needs_locale).toBe(false);
    expect(plain.files.some(({ path }) => path.startsWith('locale/'))).toBe(false);
  });

  test('brings no locale where no platform is one of glibc', async () => {
    const text = { ...model, onnx: { locales: ['en_US'] } as unknown as OnnxModel };
    const nowhere = { installed: '/nonexistent', localedef: '/nonexistent' };
    const plan = await planPackage(text, { platforms: ['darwin/arm64', 'windows/amd64'] }, assets, nowhere);
    expect(plan.needs_locale).toBe(true);
    expect(plan.files.some(({ path }) => path.startsWith('locale/'))).toBe(false);
    await expect(
      planPackage(text, { platforms: ['darwin/arm64', 'linux/arm64'] }, assets, nowhere),
    ).rejects.toMatchObject({ code: 'PACKAGE_LOCALE_MISSING' });
  });

  test.each([
    [['linux/s390x'], 'linux/s390x'],
    [['linux/amd64', ''], '""'],
    [[], '""'],
  ])('refuses the platforms %j', async (platforms, named) => {
    await expect(planPackage(model, { platforms }, assets)).rejects.toMatchObject({
      code: 'PACKAGE_PLATFORM',
      exit: 2,
      message: expect.stringContaining(named),
      remedy: expect.stringContaining('linux/amd64, linux/arm64'),
    });
  });

  test('refuses a package as the model', async () => {
    await expect(planPackage({ ...model, kind: 'package' }, {}, assets)).rejects.toMatchObject({
      code: 'PACKAGE_OF_PACKAGE',
    });
  });
});

describe('a package', () => {
  test('holds what the lock says, and of the model folder only what the manifest names', async () => {
    const made = await packageModel(model, { output }, assets);
    const lock = await readLock(output);
    expect(lock).toEqual(made.lock);
    await verifyLock(output, lock);
    expect(await extraFiles(output, lock)).toEqual([]);
    expect(lock.files.some((file) => file.path.includes('secret'))).toBe(false);
    expect(await readFile(join(output, 'model/model.yaml'), 'utf8')).toContain('name: iris');
    expect(await readFile(join(output, lockName), 'utf8')).not.toContain(work);
    expect(await readdir(join(work, 'out'))).toEqual(['iris']);
  });

  test('is the same bytes, modes and times from another folder, at another time, under another umask', async () => {
    const first = await packageModel(model, { output, archive: join(work, 'a.tgz') }, assets);
    const elsewhere = join(work, 'else', 'where');
    await mkdir(join(work, 'else'));
    await rename(model.root, elsewhere);
    await chmod(join(elsewhere, 'model.onnx'), 0o755);
    await utimes(join(elsewhere, 'model.onnx'), 1e9, 1e9);
    const files = [...model.files].reverse();
    const umask = process.umask(0o077);
    const second = await packageModel(
      { ...model, root: elsewhere, files },
      { output: join(work, 'second'), archive: join(work, 'b.tgz') },
      assets,
    ).finally(() => process.umask(umask));
    expect(second.lock).toEqual(first.lock);
    expect(await snapshot(join(work, 'second'))).toEqual(await snapshot(output));
    expect(await readFile(join(work, 'b.tgz'))).toEqual(await readFile(join(work, 'a.tgz')));
    expect(Object.keys(await snapshot(output)).length).toBeGreaterThan(20);
    for (const entry of Object.values(await snapshot(output))) expect(entry).toMatch(/^(0755|0644) 0 /);
  });

  test('differs where the model differs', async () => {
    const { lock } = await packageModel(model, { output }, assets);
    await writeFile(join(model.root, 'model.onnx'), 'Weights');
    const other = await packageModel(model, { output }, assets);
    expect(
      other.lock.files
        .filter((file, index) => file.sha256 !== lock.files[index]!.sha256)
        .map((file) => file.path),
    ).toEqual(['model/model.onnx']);
    await verifyLock(output, await readLock(output));
  });

  test('as an archive holds the same, under one folder, without owners and times', async () => {
    const archive = join(work, 'iris.tgz');
    const { lock, output: none } = await packageModel(model, { archive }, assets);
    expect(none).toBeUndefined();
    expect((await readdir(work)).sort()).toEqual(['assets', 'iris.tgz', 'model']);
    const bytes = await readFile(archive);
    expect([...bytes.subarray(0, 10)]).toEqual([31, 139, 8, 0, 0, 0, 0, 0, 0, 255]);
    const entries = await untar(gunzipSync(bytes));
    expect(entries.map(({ name }) => name).filter((name) => !name.endsWith('/'))).toEqual(
      [...lock.files.map((file) => file.path), lockName].sort().map((path) => `iris-3.mdeploy/${path}`),
    );
    for (const { header, name, content } of entries) {
      expect([header.mtime?.getTime(), header.uid, header.gid, header.uname, header.gname]).toEqual([
        0,
        0,
        0,
        '',
        '',
      ]);
      const locked = lock.files.find((file) => `iris-3.mdeploy/${file.path}` === name);
      if (locked) expect(sha256(content)).toBe(locked.sha256);
    }
  });

  test('goes to ./<name>-<version>.mdeploy when no place is named', async () => {
    const before = process.cwd();
    await mkdir(join(work, 'cwd'));
    process.chdir(join(work, 'cwd'));
    const { output: place } = await packageModel(model, {}, assets).finally(() => process.chdir(before));
    expect(place).toBe(join(work, 'cwd', 'iris-3.mdeploy'));
    await verifyLock(place!, await readLock(place!));
  });
});

async function snapshot(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of ['', ...(await readdir(root, { recursive: true }))]) {
    const { mode, mtimeMs, isDirectory } = await stat(join(root, name)).then((s) => ({
      mode: `0${(s.mode & 0o777).toString(8)}`,
      mtimeMs: s.mtimeMs,
      isDirectory: s.isDirectory(),
    }));
    const content = isDirectory ? 'folder' : sha256(await readFile(join(root, name)));
    found[name] = `${mode} ${mtimeMs} ${content}`;
  }
  return found;
}

async function untar(bytes: Buffer) {
  const tar = extract();
  tar.end(bytes);
  const entries: { name: string; header: Header; content: Buffer }[] = [];
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.push({ name: entry.header.name, header: entry.header, content: Buffer.concat(chunks) });
  }
  return entries;
}

async function installSharp(root: string, platforms: readonly string[]): Promise<void> {
  const natives = ['linux-x64', 'linux-arm64'].flatMap((each) => [
    [`@img/sharp-${each}`, '1.0.0'],
    [`@img/sharp-libvips-${each}`, '2.0.0'],
  ]);
  await writeFiles(join(root, 'node_modules'), {
    'sharp/package.json': JSON.stringify({
      dependencies: { semver: '7' },
      optionalDependencies: Object.fromEntries(natives),
    }),
    'sharp/dist/index.cjs': '',
    'sharp/dist/index.d.cts': '',
    'sharp/src/sharp.cc': '',
    'sharp/install/build.js': '',
    'semver/package.json': '{}',
    'semver/index.js': '',
    'semver/README.md': '',
    'semver/LICENSE': '',
    'sharp/LICENSE': '',
    'sharp/README.md': '',
  });
  for (const each of platforms) {
    await writeFiles(join(root, 'node_modules/@img'), {
      [`sharp-${each}/package.json`]: '{}',
      [`sharp-${each}/lib/sharp.node`]: '',
      [`sharp-${each}/LICENSE`]: '',
      [`sharp-libvips-${each}/package.json`]: '{}',
      [`sharp-libvips-${each}/README.md`]: 'licences of its parts',
      [`sharp-libvips-${each}/lib/libvips.so.42`]: '',
      [`sharp-libvips-${each}/lib/glibconfig.h`]: '',
    });
  }
}
