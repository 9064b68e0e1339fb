import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/core/hash.ts';
import { lockName, type PackageLock, printLock, readLock } from '../../src/repository/lock.ts';
import { pathFault } from '../../src/repository/package-path.ts';
import { extraFiles, verifyLock } from '../../src/repository/verify-lock.ts';

const contents = {
  Dockerfile: 'FROM scratch\n',
  'model/model.onnx': 'weights',
  'model/model.yaml': 'name: m\n',
  'node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/x.node': 'arm',
  'node_modules/onnxruntime-node/index.js': 'js',
  'server.mjs': 'serve()',
};

let root: string;
let lock: PackageLock;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mdeploy-lock-'));
  for (const [path, text] of Object.entries(contents)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
  lock = {
    schema_version: 1,
    name: 'm',
    version: '1',
    tool: { name: 'mdeploy', version: '0.1.0' },
    runtime: { name: 'onnxruntime-node', version: '1.30.0' },
    platforms: ['linux/amd64', 'linux/arm64'],
    base: 'node:26-slim',
    needs_locale: false,
    files: Object.entries(contents).map(([path, text]) => ({
      path,
      sha256: sha256(text),
      bytes: text.length,
      mode: '0644',
      layer: layerOf(path),
      ...(path.includes('arm64') && { platform: 'linux/arm64' }),
    })),
  };
  await writeFile(join(root, lockName), printLock(lock));
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe('readLock', () => {
  test('gives back what printLock wrote, files sorted whatever their order', async () => {
    expect(await readLock(root)).toEqual(lock);
    expect(printLock({ ...lock, files: [...lock.files].reverse() })).toBe(printLock(lock));
  });

  test.each([
    ['no JSON', '{', /LOCK/],
    ['another schema', { schema_version: 2 }, /schema_version/],
    ['an unknown key', { extra: 1 }, /extra/],
    ['a path that climbs', { files: [{ ...file(), path: 'model/../../etc/passwd' }] }, /files\.0\.path/],
    ['an absolute path', { files: [{ ...file(), path: '/etc/passwd' }] }, /files\.0\.path/],
    ['a broken digest', { files: [{ ...file(), sha256: 'x' }] }, /files\.0\.sha256/],
    ['a hostile name', { name: '../x' }, /name/],
  ])('refuses %s', async (_, change, says) => {
    const text = typeof change === 'string' ? change : JSON.stringify({ ...lock, ...change });
    await writeFile(join(root, lockName), text);
    const error = await readLock(root).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'LOCK_UNREADABLE', exit: 1 });
    if (typeof change !== 'string') expect(String(error)).toMatch(says);
  });

  test('says so when there is none', async () => {
    await rm(join(root, lockName));
    await expect(readLock(root)).rejects.toThrow(/mdeploy\.lock\.json.*does not exist/);
  });
});

describe('verifyLock', () => {
  test('accepts the package, its image part and one platform of it', async () => {
    await verifyLock(root, lock);
    await rm(join(root, 'Dockerfile'));
    await rm(join(root, 'node_modules/onnxruntime-node/bin'), { recursive: true });
    await verifyLock(root, lock, {
      layers: ['runtime', 'server', 'model', 'manifest'],
      platform: 'linux/amd64',
    });
  });

  test.each(Object.keys(contents))(
    'notices one flipped bit, one byte more and the loss of %s',
    async (path) => {
      const text = Buffer.from(contents[path as keyof typeof contents]);
      text[0]! ^= 1;
      await writeFile(join(root, path), text);
      await expect(verifyLock(root, lock)).rejects.toMatchObject({
        code: 'PACKAGE_FILE_CHANGED',
        details: { expected: expect.stringMatching(/^sha256/), received: expect.stringMatching(/^sha256/) },
        message: expect.stringContaining(path),
      });
      await writeFile(join(root, path), `${text}+`);
      await expect(verifyLock(root, lock)).rejects.toMatchObject({
        code: 'PACKAGE_FILE_CHANGED',
        details: { expected: `${text.length} bytes`, received: `${text.length + 1} bytes` },
      });
      await rm(join(root, path));
      await expect(verifyLock(root, lock)).rejects.toMatchObject({
        code: 'PACKAGE_FILE_MISSING',
        message: expect.stringContaining(path),
      });
    },
  );

  test.each(['model/deep/extra.bin', 'node_modules/evil/index.js'])(
    'refuses the extra file %s',
    async (path) => {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), '');
      await expect(verifyLock(root, lock)).rejects.toMatchObject({
        code: 'PACKAGE_FILE_EXTRA',
        message: expect.stringContaining(path),
      });
      expect(await extraFiles(root, lock)).toEqual([path]);
    },
  );

  test('refuses a link even to the same bytes', async () => {
    await writeFile(join(root, 'elsewhere'), contents['server.mjs']);
    await rm(join(root, 'server.mjs'));
    await symlink('elsewhere', join(root, 'server.mjs'));
    await expect(verifyLock(root, lock)).rejects.toMatchObject({
      code: 'PACKAGE_FILE_CHANGED',
      details: { received: 'a link' },
    });
  });

  test('does not mind modes, and a note beside the sealed folders', async () => {
    await chmod(join(root, 'server.mjs'), 0o600);
    await writeFile(join(root, 'NOTES.txt'), 'mine');
    await verifyLock(root, lock);
  });
});

describe('pathFault', () => {
  test.each([
    'model.onnx',
    'samples/0.in.json',
    'modèle v2 (final).onnx',
    '数据/権重.bin',
    'a+b=c,~!&%#^@.x',
  ])('accepts %s', (path) => expect(pathFault(path)).toBeUndefined());

  test.each([
    ['', '1 to 512'],
    ['/etc/passwd', 'plain relative'],
    ['a//b', 'plain relative'],
    ['a/../b', 'plain relative'],
    ['./a', 'plain relative'],
    ['a$HOME', '"$"'],
    ['a"b', '"\\""'],
    ['a*', '"*"'],
    ['a\\b', '"\\\\"'],
    ['c:x', '":"'],
    ['a\nb', '"\\n"'],
    ['<<EOF', '"<"'],
    ['a ', 'space'],
    ['a.', 'dot'],
    ['model/NUL.txt', 'device name'],
  ])('refuses %j', (path, reason) => expect(pathFault(path)).toContain(reason));

  test('never lets a path out of the package', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        if (pathFault(path) !== undefined) return;
        expect(join('/p', path).startsWith('/p/')).toBe(true);
        expect(path).not.toMatch(/[\p{Cc}\\"'$`*?[\]{}<>|:;]/u);
      }),
    );
  });
});

function file() {
  return { path: 'a', sha256: 'a'.repeat(64), bytes: 1, mode: '0644', layer: 'model' };
}

function layerOf(path: string) {
  if (path === 'Dockerfile') return 'build' as const;
  if (path.startsWith('node_modules/')) return 'runtime' as const;
  if (path === 'server.mjs') return 'server' as const;
  return path === 'model/model.yaml' ? ('manifest' as const) : ('model' as const);
}
