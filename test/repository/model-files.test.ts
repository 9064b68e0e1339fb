import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ManifestDraft } from '../../src/manifest/schema.ts';
import { plainFile, readLabelFiles } from '../../src/repository/model-files.ts';
import { folderWith } from './folders.ts';

describe('plainFile', () => {
  it('gives the absolute path of a file inside', async () => {
    const root = await folderWith({ 'a/b/c.txt': 'x' });
    expect(await plainFile(root, 'a/b/c.txt', 'model.path')).toBe(join(root, 'a/b/c.txt'));
    expect(await plainFile(root, './a/./b/c.txt', 'model.path')).toBe(join(root, 'a/b/c.txt'));
  });

  it('refuses a link, a file behind a link, and what is no file', async () => {
    const outside = await folderWith({ 'secret.txt': 'x' });
    const root = await folderWith({ 'folder/file.txt': 'x' });
    await symlink(join(outside, 'secret.txt'), join(root, 'link.txt'));
    await symlink(outside, join(root, 'door'));
    await symlink('folder/file.txt', join(root, 'inside.txt'));
    for (const [path, reason] of [
      ['link.txt', 'is a symbolic link'],
      ['inside.txt', 'is a symbolic link'],
      ['door/secret.txt', 'lies behind a symbolic link'],
      ['folder', 'is not a regular file'],
    ] as const) {
      await expect(plainFile(root, path, 'samples', join(root, 'model.yaml'))).rejects.toMatchObject({
        code: 'FILE_OUTSIDE',
        exit: 2,
        message: `samples points to ${path}, which ${reason}.`,
        details: { at: { file: join(root, 'model.yaml'), path: 'samples' } },
      });
    }
  });

  it('says that a path through a file cannot be read', async () => {
    const root = await folderWith({ 'file.txt': 'x' });
    const path = plainFile(root, 'file.txt/below', 'model.path');
    await expect(path).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it.each([
    ['far.txt', /^Put the file there, or correct the path: it starts at \/\S+\.$/],
    ['none/0.json', /^Put the file there/],
    ['flie.txt', /^Did you mean "file\.txt"\?$/],
    ['smaples/0.json', /^Did you mean "samples\/0\.json"\?$/],
    ['samples/00.json', /^Did you mean "samples\/0\.json"\?$/],
    ['smaples/7.json', /^Put the file there/],
    ['sample', /^Put the file there/],
  ])('%s is missing: %s', async (path, remedy) => {
    const root = await folderWith({ 'file.txt': 'x', 'samples/0.json': '{}' });
    await expect(plainFile(root, path, 'samples[0].inputs', join(root, 'model.yaml'))).rejects.toMatchObject({
      code: 'MANIFEST_FILE_MISSING',
      exit: 2,
      message: `The file ${path}, which "samples[0].inputs" names, does not exist.`,
      remedy: expect.stringMatching(remedy),
      details: { at: { path: 'samples[0].inputs' }, received: path },
    });
  });
});

describe('readLabelFiles', () => {
  const draft = (...files: (string | undefined)[]) =>
    ({
      outputs: files.map((labels_file, index) => ({ name: `y${index}`, labels_file })),
    }) as unknown as ManifestDraft;

  it('reads every file once, by the path written', async () => {
    const root = await folderWith({ 'labels.txt': 'cat\ndog\n', 'more.json': '["a", "b"]' });
    const found = await readLabelFiles(root, draft('labels.txt', undefined, 'more.json', 'labels.txt'));
    expect([...found]).toEqual([
      ['labels.txt', ['cat', 'dog']],
      ['more.json', ['a', 'b']],
    ]);
  });

  it('tells which output’s file is wrong', async () => {
    const root = await folderWith({ 'bad.json': '[{}]' });
    await expect(readLabelFiles(root, draft('bad.json'))).rejects.toMatchObject({ code: 'LABELS_INVALID' });
    await expect(readLabelFiles(root, draft('none.txt'))).rejects.toMatchObject({
      code: 'MANIFEST_FILE_MISSING',
    });
    await symlink('bad.json', join(root, 'link.json'));
    await expect(readLabelFiles(root, draft('link.json'))).rejects.toMatchObject({
      code: 'FILE_OUTSIDE',
      message: expect.stringContaining('outputs[0].labels_file'),
    });
  });
});
