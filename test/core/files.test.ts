import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MdeployError } from '../../src/core/errors/error.ts';
import { reasonOf, removeTree, temporaryName, writeFileAtomic } from '../../src/core/files.ts';
import { sha256, sha256File } from '../../src/core/hash.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdeploy-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('writeFileAtomic', () => {
  it('writes text and bytes, and replaces what was there', async () => {
    const file = join(folder, 'a.txt');
    await writeFileAtomic(file, 'Käse');
    expect(readFileSync(file, 'utf8')).toBe('Käse');
    await writeFileAtomic(file, Uint8Array.of(1, 2, 3));
    expect([...readFileSync(file)]).toEqual([1, 2, 3]);
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it('gives the mode asked for', async () => {
    const file = join(folder, 'secret');
    await writeFileAtomic(file, 'x', 0o600);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('leaves the old content and no temporary file when it fails', async () => {
    const target = join(folder, 'taken');
    mkdirSync(target);
    writeFileSync(join(target, 'old'), 'old');
    const error = await writeFileAtomic(target, 'new').then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(MdeployError);
    expect((error as MdeployError).code).toBe('FILE_UNWRITABLE');
    expect((error as MdeployError).message).toContain(target);
    expect(readdirSync(folder)).toEqual(['taken']);
    expect(readFileSync(join(target, 'old'), 'utf8')).toBe('old');
  });

  it('says why a folder cannot be written to', async () => {
    await expect(writeFileAtomic(join(folder, 'no', 'file'), 'x')).rejects.toThrow(/it does not exist/);
  });

  it('lets writers of one file race: one of them wins wholly', async () => {
    const file = join(folder, 'raced');
    const contents = Array.from({ length: 12 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(contents.map((content) => writeFileAtomic(file, content)));
    expect(contents).toContain(readFileSync(file, 'utf8'));
    expect(readdirSync(folder)).toEqual(['raced']);
  });
});

describe('temporaryName', () => {
  it('is a hidden sibling, new each time', () => {
    const names = new Set(Array.from({ length: 100 }, () => temporaryName('/data/model.yaml')));
    expect(names.size).toBe(100);
    for (const name of names) {
      expect(dirname(name)).toBe('/data');
      expect(name).toMatch(/\/\.model\.yaml\.\d+\.[0-9a-f]{8}\.tmp$/);
    }
  });
});

describe('removeTree', () => {
  it('removes a tree, and does not mind that there is none', async () => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    await removeTree(join(folder, 'a'));
    expect(existsSync(join(folder, 'a'))).toBe(false);
    await expect(removeTree(join(folder, 'a'))).resolves.toBeUndefined();
  });
});

describe('reasonOf', () => {
  it.each([
    ['ENOENT', 'it does not exist'],
    ['EACCES', 'permission denied'],
    ['ENOSPC', 'no space left on the device'],
    ['EROFS', 'the file system is read-only'],
  ])('%s → %s', (code, words) => {
    expect(reasonOf(Object.assign(new Error('raw'), { code }))).toBe(words);
  });

  it('falls back on what the error says', () => {
    expect(reasonOf(Object.assign(new Error('odd thing'), { code: 'EODD' }))).toBe('odd thing');
    expect(reasonOf('text')).toBe('text');
    expect(reasonOf(undefined)).toBe('undefined');
  });
});

describe('sha256', () => {
  it('agrees with the published value, from memory and from a file', async () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const file = join(folder, 'abc');
    writeFileSync(file, 'abc');
    expect(sha256('abc')).toBe(abc);
    expect(sha256(Buffer.from('abc'))).toBe(abc);
    expect(await sha256File(file)).toBe(abc);
  });

  it('fails on a file that is not there', async () => {
    await expect(sha256File(join(folder, 'gone'))).rejects.toThrow(/ENOENT/);
  });
});
