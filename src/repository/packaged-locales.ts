import { join } from 'node:path';
import { failure } from '../core/errors/error.ts';
import type { PackageLock } from './lock.ts';

/** The folder of a package that holds the compiled glibc locales its text operators need. */
export const localeFolder = 'locale';

/**
 * Absolute folder of the locales that a package brings; undefined when it brings none.
 * @throws MdeployError `PACKAGE_LOCALE_PATH`
 */
export function packagedLocales(root: string, lock: Pick<PackageLock, 'files'>): string | undefined {
  // Other systems have locales of their own, in another form.
  if (process.platform !== 'linux') return undefined;
  if (!lock.files.some(({ path }) => path.startsWith(`${localeFolder}/`))) return undefined;
  if (root.includes(':')) throw failure('PACKAGE_LOCALE_PATH', { package: root }, { at: { file: root } });
  return join(root, localeFolder);
}
