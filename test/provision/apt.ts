// Installs Debian packages where that is allowed: as root, on Debian or one of its kin.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { CannotProvision, reasonOf } from './cannot-provision.ts';
import { isExecutable, pause, runCommand } from './command.ts';
import { withLock } from './lock.ts';

const policyFile = '/usr/sbin/policy-rc.d';
const aptEnv = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
const updateTries = 6;

/** `purpose` completes the sentence "… is needed for PURPOSE". */
export async function installPackages(packages: readonly string[], purpose: string): Promise<void> {
  const wish = `${packages.join(' ')} (Debian) ${packages.length > 1 ? 'are' : 'is'} needed for ${purpose}`;
  await refuseUnlessDebianRoot(wish);
  try {
    await withLock('apt', () => withoutServiceStart(() => installOrUpdateFirst(packages)));
  } catch (error) {
    throw new CannotProvision(`${wish}, and apt-get could not install: ${reasonOf(error)}`, { cause: error });
  }
}

async function refuseUnlessDebianRoot(wish: string): Promise<void> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID(_LIKE)?=.*\bdebian\b/m.test(release)) {
    throw new CannotProvision(
      `${wish}; this is not a Debian machine, so please install the equivalent yourself.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new CannotProvision(
      `${wish}; run "sudo apt-get install ${wish.split(' (')[0]}" or run the tests as root.`,
    );
  }
}

async function installOrUpdateFirst(packages: readonly string[]): Promise<void> {
  const install = ['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', ...packages];
  try {
    await runCommand('apt-get', install, { env: aptEnv });
  } catch {
    // Package lists are empty on a fresh machine and outdated on an old one; a second failure is a real one.
    await updateLists();
    await runCommand('apt-get', install, { env: aptEnv });
  }
}

async function updateLists(): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runCommand('apt-get', ['update'], { env: aptEnv });
      return;
    } catch (error) {
      // The lock on the lists has no waiting option, unlike the one on packages.
      if (attempt === updateTries || !reasonOf(error).includes('lock')) throw error;
      await pause(5_000);
    }
  }
}

/** Packaged services would start with their own settings, some on all interfaces: tests start their own. */
async function withoutServiceStart(work: () => Promise<void>): Promise<void> {
  if (await isExecutable(policyFile)) return work();
  await writeFile(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
  try {
    await work();
  } finally {
    await rm(policyFile, { force: true });
  }
}
