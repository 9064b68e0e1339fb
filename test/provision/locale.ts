// Makes the locale en_US.UTF-8 exist, which onnxruntime's text operators ask the C library for.
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from './apt.ts';
import { CannotProvision, reasonOf } from './cannot-provision.ts';
import { hasCommand, isReadable, runCommand } from './command.ts';
import { withLock } from './lock.ts';

const name = 'en_US.UTF-8';
/** How libc spells it in folder names and in `locale -a`. */
const folderName = 'en_US.utf8';

/** On this machine. Resolves with the locale's name. */
export async function ensureLocale(): Promise<string> {
  if (await isLocaleThere()) return name;
  return withLock('locale', async () => {
    if (await isLocaleThere()) return name;
    await ensureSources();
    try {
      await runCommand('localedef', ['-i', 'en_US', '-f', 'UTF-8', name]);
    } catch (error) {
      throw new CannotProvision(`the locale ${name} could not be compiled: ${reasonOf(error)}`, {
        cause: error,
      });
    }
    return name;
  });
}

/** Puts the compiled locale below `localeFolder` (an image's usr/lib/locale). */
export async function compileLocale(localeFolder: string): Promise<void> {
  await ensureSources();
  await mkdir(localeFolder, { recursive: true });
  const target = join(localeFolder, folderName);
  await runCommand('localedef', ['--no-archive', '-i', 'en_US', '-f', 'UTF-8', target]);
  await replaceCollation(target);
}

/** 2.5 MB of sorting rules: node sorts by its own, so the small ones of C.utf8 do when this machine has them. */
async function replaceCollation(folder: string): Promise<void> {
  const copy = join(folder, 'LC_COLLATE.new');
  const isCopied = await copyFile('/usr/lib/locale/C.utf8/LC_COLLATE', copy).then(
    () => true,
    () => false,
  );
  if (isCopied) await rename(copy, join(folder, 'LC_COLLATE'));
  else await rm(copy, { force: true });
}

async function isLocaleThere(): Promise<boolean> {
  // macOS has it built in and spells it as we do.
  const list = await runCommand('locale', ['-a']).catch(() => '');
  return list.split('\n').some((line) => line === folderName || line === name);
}

async function ensureSources(): Promise<void> {
  const hasSources = await isReadable('/usr/share/i18n/locales/en_US');
  if (!hasSources || !(await hasCommand('localedef')))
    await installPackages(['locales', 'libc-bin'], `the locale ${name}`);
}
