import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PlannedFile } from '../../src/package/plan.ts';
import { planLocales } from '../../src/package/plan-locale.ts';
import { fakeLocale, localeFiles, newFolder, writeFiles } from './fakes.ts';

let work: string;

beforeEach(async () => {
  work = await newFolder();
  vi.stubEnv('TMPDIR', work);
});

afterEach(() => {
  vi.unstubAllEnvs();
  return rm(work, { recursive: true, force: true });
});

function textOf(files: readonly PlannedFile[], path: string): string | undefined {
  const source = files.find((file) => file.path === path)?.source;
  return source?.kind === 'bytes' ? Buffer.from(source.bytes).toString() : undefined;
}

/** A program in the place of localedef. */
async function compiler(script: string): Promise<string> {
  const path = join(work, 'localedef');
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

const compiling = `
for last; do :; done
mkdir -p "$last/LC_MESSAGES"
for f in ${localeFiles.join(' ')}; do echo "$* I18NPATH=$I18NPATH LC_ALL=$LC_ALL" > "$last/$f"; done`;

describe('a locale that this machine has as files', () => {
  test('is taken whole, with sizes, in the runtime layer', async () => {
    const files = await planLocales(['en_US.UTF-8'], await fakeLocale(work, 'en_US.utf8'));
    expect(files.map(({ path }) => path)).toEqual(localeFiles.map((name) => `locale/en_US.utf8/${name}`));
    for (const { path, layer, bytes } of files) {
      expect(layer).toBe('runtime');
      expect(bytes).toBe(textOf(files, path)!.length);
    }
  });

  test('gets the small rules of sorting of C.UTF-8, if those are smaller', async () => {
    const places = await fakeLocale(work, 'en_US.utf8');
    await fakeLocale(work, 'C.utf8');
    await writeFile(join(work, 'C.utf8/LC_COLLATE'), 'small');
    const files = await planLocales(['en_US.UTF-8'], places);
    expect(textOf(files, 'locale/en_US.utf8/LC_COLLATE')).toBe('small');
    expect(textOf(files, 'locale/en_US.utf8/LC_CTYPE')).toMatch(/^en_US\.utf8 LC_CTYPE/);
    await writeFile(join(work, 'C.utf8/LC_COLLATE'), 'large'.repeat(10_000));
    const kept = await planLocales(['en_US.UTF-8'], places);
    expect(textOf(kept, 'locale/en_US.utf8/LC_COLLATE')).toMatch(/^en_US\.utf8 LC_COLLATE/);
  });

  test.each([
    ['de_AT.UTF-8', 'de_AT.utf8'],
    ['de_AT.utf8', 'de_AT.utf8'],
    ['sr_RS.UTF-8@latin', 'sr_RS.utf8@latin'],
    ['C.UTF-8', 'C.utf8'],
  ])('%s is looked for as glibc does, in %s', async (locale, folder) => {
    const files = await planLocales([locale], await fakeLocale(work, folder));
    expect(files[0]!.path).toBe(`locale/${folder}/LC_ADDRESS`);
  });

  test('two locales are both brought', async () => {
    const places = await fakeLocale(work, 'en_US.utf8');
    await fakeLocale(work, 'tr_TR.utf8');
    const files = await planLocales(['en_US.UTF-8', 'tr_TR.UTF-8'], places);
    expect(new Set(files.map(({ path }) => path.split('/')[1]))).toEqual(
      new Set(['en_US.utf8', 'tr_TR.utf8']),
    );
  });

  test('that cannot be read is told with its file', async () => {
    const places = await fakeLocale(work, 'en_US.utf8');
    await rm(join(work, 'en_US.utf8/LC_CTYPE'));
    await symlink('LC_CTYPE', join(work, 'en_US.utf8/LC_CTYPE'));
    await expect(planLocales(['en_US.UTF-8'], places)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('LC_CTYPE'),
    });
  });
});

describe.runIf(process.platform !== 'win32')('a locale that is not there as files', () => {
  test('is compiled from the sources of this machine alone, and no folder stays', async () => {
    const places = { installed: join(work, 'none'), localedef: await compiler(compiling) };
    const files = await planLocales(['en_US.UTF-8'], places);
    const line = textOf(files, 'locale/en_US.utf8/LC_TIME')!;
    expect(line).toMatch(/^--no-archive -i en_US -f UTF-8 \/.*\/made I18NPATH= LC_ALL=C\n$/);
    expect(files).toHaveLength(12);
    expect(await leftBehind()).toEqual([]);
  });

  test('is compiled where the folder lacks a file', async () => {
    const places = await fakeLocale(work, 'en_US.utf8');
    await rm(join(work, 'en_US.utf8/LC_NAME'));
    const files = await planLocales(['en_US.UTF-8'], { ...places, localedef: await compiler(compiling) });
    expect(textOf(files, 'locale/en_US.utf8/LC_CTYPE')).toContain('-i en_US');
  });

  test.each<[string, string | undefined, RegExp]>([
    ['no compiler', undefined, /this machine has no \/nonexistent\/localedef/],
    [
      'no sources',
      "echo '[error] cannot open locale definition file' >&2; exit 4",
      /says "cannot open locale definition file"/,
    ],
    ['a compiler that says nothing', 'exit 3', /Command failed/],
    ['a compiler that makes nothing', 'exit 0', /made no whole locale/],
  ])('%s: what, which locale, why, and what to install', async (_, script, why) => {
    const localedef = script === undefined ? '/nonexistent/localedef' : await compiler(script);
    await expect(planLocales(['en_US.UTF-8'], { installed: work, localedef })).rejects.toMatchObject({
      code: 'PACKAGE_LOCALE_MISSING',
      exit: 3,
      message: expect.stringMatching(why),
      remedy: expect.stringContaining('apt-get install locales'),
    });
    expect(await leftBehind()).toEqual([]);
  });
});

describe('the name of a locale, which comes out of the model', () => {
  test.each([
    'en_US.ISO-8859-1',
    'de_DE',
    '../../etc.UTF-8',
    '/etc/passwd',
    'en_US/../x.UTF-8',
    '-i.UTF-8',
    'en_US.UTF-8\n',
    '',
  ])('%j is refused before any path is made of it', async (locale) => {
    await mkdir(join(work, 'etc.utf8'));
    await writeFiles(work, { 'etc.utf8/LC_CTYPE': '' });
    const places = { installed: join(work, 'locale'), localedef: await compiler('touch "$0.was-run"') };
    await expect(planLocales([locale], places)).rejects.toMatchObject({
      code: 'PACKAGE_LOCALE_MISSING',
      exit: 3,
      remedy: expect.stringContaining('UTF-8'),
    });
    expect(await readdir(work)).not.toContain('localedef.was-run');
  });
});

async function leftBehind(): Promise<string[]> {
  return (await readdir(work)).filter((name) => name.startsWith('mdeploy-locale-'));
}
