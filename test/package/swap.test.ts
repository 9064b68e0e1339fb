import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { swapIn } from '../../src/package/swap.ts';
import { newFolder, writeFiles } from './fakes.ts';

let work: string;
let target: string;
let aside: string;

beforeEach(async () => {
  work = await newFolder();
  target = join(work, 'target');
  aside = join(work, '.old');
});

afterEach(() => rm(work, { recursive: true, force: true }));

async function fresh(text: string): Promise<string> {
  await writeFiles(work, { [`.${text}/file`]: text });
  return join(work, `.${text}`);
}

test('takes the place of nothing, an empty folder, a full one and a file', async () => {
  await swapIn(await fresh('one'), target, aside);
  expect(await readFile(join(target, 'file'), 'utf8')).toBe('one');
  await swapIn(await fresh('two'), target, aside);
  expect(await readFile(join(target, 'file'), 'utf8')).toBe('two');
  await rm(target, { recursive: true });
  await mkdir(target);
  await swapIn(await fresh('three'), target, aside);
  await rm(target, { recursive: true });
  await writeFile(target, 'a file');
  await swapIn(await fresh('four'), target, aside);
  expect(await readFile(join(target, 'file'), 'utf8')).toBe('four');
  expect(await readdir(work)).toEqual(['target']);
});

test('puts the old one back when the new one cannot come', async () => {
  await swapIn(await fresh('old'), target, aside);
  await expect(swapIn(join(work, '.none'), target, aside)).rejects.toMatchObject({
    code: 'FILE_UNWRITABLE',
    exit: 3,
  });
  expect(await readFile(join(target, 'file'), 'utf8')).toBe('old');
  expect(await readdir(work)).toEqual(['target']);
});

test('many at once: one of them stays, whole, and nothing else', async () => {
  for (let round = 0; round < 20; round++) {
    const names = ['a', 'b', 'c', 'd'];
    const swaps = await Promise.all(names.map(fresh));
    await Promise.all(swaps.map((each, index) => swapIn(each, target, join(work, `.old${index}`))));
    expect(names).toContain(await readFile(join(target, 'file'), 'utf8'));
    expect(await readdir(work)).toEqual(['target']);
  }
});
