import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure, type MdeployError } from '../core/errors/error.ts';
import { reasonOf, removeTree } from '../core/files.ts';
import { onInterrupt } from '../core/interrupt.ts';
import { localeFolder } from '../repository/packaged-locales.ts';
import type { PlannedFile } from './plan.ts';

/** Where this machine keeps and makes locales. */
export interface LocalePlaces {
  readonly installed: string;
  /** The glibc compiler of locales. */
  readonly localedef: string;
}

const thisMachine: LocalePlaces = { installed: '/usr/lib/locale', localedef: 'localedef' };

/**
 * The locales that text operators need, as glibc reads them: copied where this machine has them as files, else compiled
 * from its sources. The same bytes serve every Linux platform with glibc, all of which are little-endian.
 * @param locales full names: `en_US.UTF-8`
 * @throws MdeployError `PACKAGE_LOCALE_MISSING`, `FILE_UNREADABLE`, `FILE_UNWRITABLE`
 */
export async function planLocales(
  locales: readonly string[],
  places: LocalePlaces = thisMachine,
): Promise<PlannedFile[]> {
  const planned = await Promise.all(locales.map((locale) => planLocale(locale, places)));
  return planned.flat();
}

async function planLocale(locale: string, places: LocalePlaces): Promise<PlannedFile[]> {
  const { source, folder } = parse(locale);
  const files =
    (await readLocale(join(places.installed, folder))) ?? (await compile(locale, source, places.localedef));
  await trim(files, places);
  return categories.map((category) => {
    const bytes = files.get(category)!;
    const path = `${localeFolder}/${folder}/${category}`;
    return { path, layer: 'runtime', bytes: bytes.length, source: { kind: 'bytes', bytes } };
  });
}

/** glibc opens a locale only if all of them are there. */
const categories = [
  'LC_ADDRESS',
  'LC_COLLATE',
  'LC_CTYPE',
  'LC_IDENTIFICATION',
  'LC_MEASUREMENT',
  'LC_MESSAGES/SYS_LC_MESSAGES',
  'LC_MONETARY',
  'LC_NAME',
  'LC_NUMERIC',
  'LC_PAPER',
  'LC_TELEPHONE',
  'LC_TIME',
] as const;

type LocaleFiles = Map<string, Buffer>;

// The name comes out of the model and goes into paths. glibc writes the encoding of folders in small letters without
// punctuation (`_nl_normalize_codeset`).
function parse(locale: string): { readonly source: string; readonly folder: string } {
  const [, language, modifier = ''] =
    /^([a-z]{2,3}_[A-Z]{2}|C)\.(?:UTF|utf)-?8(@[a-z]+)?$/.exec(locale) ?? [];
  if (language !== undefined)
    return { source: `${language}${modifier}`, folder: `${language}.utf8${modifier}` };
  const reason = 'only names like en_US.UTF-8 are taken';
  throw missing(locale, reason, 'Export the model with a locale in UTF-8, or with none.');
}

/** undefined unless the folder is a whole locale. */
async function readLocale(folder: string): Promise<LocaleFiles | undefined> {
  const files: LocaleFiles = new Map();
  for (const category of categories) {
    const file = join(folder, category);
    try {
      files.set(category, await readFile(file));
    } catch (error) {
      if (absent.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw failure('FILE_UNREADABLE', { file, reason: reasonOf(error) }, { cause: error });
    }
  }
  return files;
}

const absent = new Set(['ENOENT', 'ENOTDIR']);

async function compile(locale: string, source: string, localedef: string): Promise<LocaleFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'mdeploy-locale-')).catch((error: unknown) => {
    throw failure('FILE_UNWRITABLE', { file: tmpdir(), reason: reasonOf(error) }, { cause: error });
  });
  const forget = onInterrupt(() => removeTree(folder));
  try {
    const target = join(folder, 'made');
    await run(localedef, ['--no-archive', '-i', source, '-f', 'UTF-8', target]);
    const made = await readLocale(target);
    if (made) return made;
    throw new Error(`${localedef} made no whole locale`);
  } catch (error) {
    throw missing(locale, reasonOf(error), install, error);
  } finally {
    await removeTree(folder);
    forget();
  }
}

const install =
  'On Debian or Ubuntu: apt-get install locales; localedef -i en_US -f UTF-8 en_US.UTF-8; then package again.';

function run(program: string, args: readonly string[]): Promise<void> {
  // Its sources must be this machine's own, whatever the user's environment names.
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' };
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, timeout: 60_000 }, (error, _, stderr) => {
      if (!error) return resolve();
      if (error.code === 'ENOENT')
        return reject(new Error(`this machine has no ${program}`, { cause: error }));
      const words =
        stderr
          .trim()
          .split('\n')[0]
          ?.replace(/^\[\w+\] /, '') || error.message;
      reject(new Error(`${program} says "${words}"`, { cause: error }));
    });
  });
}

/**
 * LC_COLLATE is 2.5 of the 3 MB: rules of sorting, which no operator does. Those of C.UTF-8 sort by code point.
 * Folding and comparing use LC_CTYPE alone, so no answer changes (proven over all of Unicode in the tests).
 */
async function trim(files: LocaleFiles, { installed }: LocalePlaces): Promise<void> {
  const small = (await readLocale(join(installed, 'C.utf8')))?.get('LC_COLLATE');
  if (small && small.length < files.get('LC_COLLATE')!.length) files.set('LC_COLLATE', small);
}

function missing(locale: string, reason: string, fix: string, cause?: unknown): MdeployError {
  return failure('PACKAGE_LOCALE_MISSING', { locale, reason, fix }, { received: locale, cause });
}
