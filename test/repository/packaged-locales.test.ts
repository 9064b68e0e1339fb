import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/core/hash.ts';
import { lockName, type PackageLock, printLock, readLock } from '../../src/repository/lock.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { packagedLocales } from '../../src/repository/packaged-locales.ts';
import { verifyLock } from '../../src/repository/verify-lock.ts';
import { loadCase } from '../fixtures.ts';
import { Workplace } from '../validate/workplace.ts';

const file = 'locale/en_US.utf8/LC_CTYPE';
const work = new Workplace();
let root: string;

beforeEach(async () => {
  root = await work.package(loadCase('sklearn/text_sentiment_en'));
  await addLocale(root);
});

afterAll(() => work.remove());

/** As `mdeploy package` would have put it there: a file of the runtime layer. */
async function addLocale(folder: string): Promise<void> {
  await mkdir(join(folder, 'locale/en_US.utf8'), { recursive: true });
  await writeFile(join(folder, file), 'ctype');
  const lock = await readLock(folder);
  const locked = { path: file, sha256: sha256('ctype'), bytes: 5, mode: '0644', layer: 'runtime' } as const;
  await writeFile(join(folder, lockName), printLock({ ...lock, files: [...lock.files, locked] }));
}

describe.runIf(process.platform === 'linux')('packagedLocales', () => {
  it('is the folder, where the lock lists files in it', async () => {
    expect(packagedLocales('/app', await readLock(root))).toBe('/app/locale');
    expect(packagedLocales('/app', { files: [] })).toBeUndefined();
    const lookalike = [{ path: 'locales/x' }, { path: 'model/locale/x' }] as unknown as PackageLock['files'];
    expect(packagedLocales('/app', { files: lookalike })).toBeUndefined();
  });

  it('refuses a path that the C library would split', async () => {
    const lock = await readLock(root);
    expect(() => packagedLocales('/srv/a:b', lock)).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_LOCALE_PATH',
        exit: 3,
        message: expect.stringContaining('/srv/a:b'),
        remedy: expect.stringContaining('without a colon'),
      }),
    );
    expect(packagedLocales('/srv/a:b', { files: [] })).toBeUndefined();
  });

  it('is told by openModel', async () => {
    expect((await openModel(root)).localePath).toBe(join(root, 'locale'));
    expect((await openModel(join(root, 'model'))).localePath).toBeUndefined();
  });
});

describe('a package with a locale', () => {
  it('is refused when a file of it is changed, missing or added, before anything reads it', async () => {
    await appendFile(join(root, file), '!');
    await expect(openModel(root)).rejects.toMatchObject({
      code: 'PACKAGE_FILE_CHANGED',
      message: expect.stringContaining(file),
    });
    await rm(join(root, 'locale'), { recursive: true });
    await expect(openModel(root)).rejects.toMatchObject({
      code: 'PACKAGE_FILE_MISSING',
      message: expect.stringContaining(file),
    });
    await addLocale(await work.package(loadCase('sklearn/iris_logreg')).then((fresh) => (root = fresh)));
    await writeFile(join(root, 'locale/extra'), '');
    await expect(openModel(root)).rejects.toMatchObject({ code: 'PACKAGE_FILE_EXTRA' });
    await expect(verifyLock(root, await readLock(root))).rejects.toMatchObject({
      code: 'PACKAGE_FILE_EXTRA',
      message: expect.stringContaining('locale/extra'),
    });
  });

  it('says nothing of other files of its layer, which run already', async () => {
    const lock = await readLock(root);
    const gone = { path: 'node_modules/x.js', sha256: sha256(''), bytes: 0, mode: '0644', layer: 'runtime' };
    const files = [...lock.files, gone] as PackageLock['files'];
    await writeFile(join(root, lockName), printLock({ ...lock, files }));
    expect((await openModel(root)).kind).toBe('package');
    expect(await readdir(root)).not.toContain('node_modules');
  });
});
