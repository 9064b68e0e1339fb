import { execFileSync } from 'node:child_process';
import { link, mkdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { extract, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contextFiles, packContext } from '../../src/build-image/context.ts';
import { canaries, type FakePackage, fakePackage } from './fake-package.ts';

let made: FakePackage;

beforeEach(async () => {
  made = await fakePackage();
});

afterEach(() => rm(made.root, { recursive: true, force: true }));

const pack = ({ root, lock } = made) => buffer(packContext(root, lock, 'linux/amd64'));

describe('the build context', () => {
  test('is the files of the lock, the Dockerfile and the lock, and the folders they need', async () => {
    const entries = await list(await pack());
    expect(entries.map(({ name }) => name)).toEqual([
      'Dockerfile',
      'README.md',
      'mdeploy.lock.json',
      'model/',
      'model/model.onnx',
      'model/model.yaml',
      'node_modules/',
      'node_modules/runtime/',
      'node_modules/runtime/index.js',
      'server.mjs',
    ]);
  });

  test('nothing that lies beside them gets in, whatever its name', async () => {
    for (const name of canaries) {
      await mkdir(join(made.root, name, '..'), { recursive: true });
      await writeFile(join(made.root, name), `CANARY ${name}`);
    }
    await symlink('/etc/passwd', join(made.root, 'model/passwd'));
    const bytes = await pack();
    expect(bytes.includes('CANARY')).toBe(false);
    expect((await list(bytes)).map(({ name }) => name)).not.toContain('model/passwd');
  });

  test('has no times, owners or links; modes come from the lock', async () => {
    for (const entry of await list(await pack())) {
      expect(entry).toMatchObject({ mtime: new Date(0), uid: 0, gid: 0 });
      expect(['file', 'directory']).toContain(entry.type);
      expect(entry.mode).toBe(entry.type === 'file' ? 0o644 : 0o755);
    }
  });

  test('is the same bytes from another folder at another time', async () => {
    const other = await fakePackage();
    await utimes(join(other.root, 'server.mjs'), 1, 1);
    expect((await pack(other)).equals(await pack())).toBe(true);
    await rm(other.root, { recursive: true });
  });

  test('leaves out the files of other platforms', () => {
    const [first, ...files] = made.lock.files;
    const lock = { ...made.lock, files: [{ ...first!, platform: 'linux/arm64' }, ...files] };
    const paths = (platform: string) => contextFiles(lock, platform).map(({ path }) => path);
    expect(paths('linux/amd64')).not.toContain(first!.path);
    expect(paths('linux/arm64')).toContain(first!.path);
  });

  test('a hard link carries what the lock promises, so it may stay', async () => {
    await rename(join(made.root, 'server.mjs'), join(made.root, 'outside'));
    await link(join(made.root, 'outside'), join(made.root, 'server.mjs'));
    expect(await list(await pack())).toHaveLength(10);
  });
});

describe('what changed since the lock was written stops it', () => {
  const server = () => join(made.root, 'server.mjs');

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'other bytes',
      () => writeFile(server(), 'x'.repeat(made.lock.files.find((f) => f.path === 'server.mjs')!.bytes)),
      'promises',
    ],
    ['fewer bytes', () => truncate(server(), 3), 'promises'],
    ['a link to a file', () => swap(server(), () => symlink('/etc/passwd', server())), 'it is a link'],
    ['a folder', () => swap(server(), () => mkdir(server())), 'not a regular file'],
    ['a pipe', () => swap(server(), async () => execFileSync('mkfifo', [server()])), 'not a regular file'],
    ['a device', () => swap(server(), () => symlink('/dev/zero', server())), 'it is a link'],
    ['a folder that is a link', () => swapFolder(), 'a folder on its path is a link'],
  ])('%s', async (_, change, reason) => {
    await change();
    await expect(pack()).rejects.toMatchObject({
      code: 'CONTEXT_FILE_UNSAFE',
      exit: 1,
      message: expect.stringContaining(reason),
    });
  });

  test('a missing file is told by name', async () => {
    await rm(server());
    await expect(pack()).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('server.mjs'),
    });
  });

  test.each(['../escape', '/etc/passwd', 'a/../../b', 'a\\b', 'a\nb', ''])(
    'the path %j in the lock',
    async (path) => {
      const files = [...made.lock.files, { ...made.lock.files[0]!, path }];
      const lock = { ...made.lock, files };
      await expect(pack({ root: made.root, lock })).rejects.toMatchObject({ code: 'CONTEXT_FILE_UNSAFE' });
    },
  );
});

async function swap(path: string, make: () => Promise<unknown>): Promise<void> {
  await rm(path);
  await make();
}

async function swapFolder(): Promise<void> {
  await rename(join(made.root, 'model'), join(made.root, 'elsewhere'));
  await symlink(join(made.root, 'elsewhere'), join(made.root, 'model'));
}

async function list(bytes: Buffer): Promise<Header[]> {
  const headers: Header[] = [];
  const reader = extract();
  reader.end(bytes);
  for await (const entry of reader) {
    headers.push(entry.header);
    entry.resume();
  }
  return headers;
}
