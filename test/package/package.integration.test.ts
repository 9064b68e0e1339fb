import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Assets } from '../../src/package/assets.ts';
import { packageModel } from '../../src/package/package.ts';
import { readLock } from '../../src/repository/lock.ts';
import type { OpenedModel } from '../../src/repository/opened-model.ts';
import { recoverPackage } from '../../src/repository/recover-package.ts';
import { verifyLock } from '../../src/repository/verify-lock.ts';
import { fakeAssets, fakeModel, newFolder } from './fakes.ts';

let work: string;
let assets: Assets;
let models: readonly OpenedModel[];
let out: string;
let output: string;

beforeEach(async () => {
  work = await newFolder();
  assets = await fakeAssets(join(work, 'assets'));
  models = await Promise.all(['old', 'new'].map((name) => fakeModel(join(work, name))));
  for (const model of models) await writeFile(join(model.root, 'model.onnx'), model.root.repeat(20_000));
  out = join(work, 'out');
  output = join(out, 'iris');
});

afterEach(() => rm(work, { recursive: true, force: true }));

describe('kill -9', () => {
  test('at 40 random moments leaves the old package or the new one, and the next run cleans up', async () => {
    const seen = new Map<string, number>();
    let missing = 0;
    await packageModel(models[0]!, { output }, assets);
    for (let kill = 0; kill < 40; kill++) {
      const child = startChild({ rounds: 1000 });
      await once(child.stdout!, 'data');
      await delay(Math.random() * 40);
      child.kill('SIGKILL');
      await once(child, 'exit');
      if (!(await readdir(out)).includes('iris')) missing += 1;
      await recoverPackage(output);
      const which = await contentOf(output);
      seen.set(which, (seen.get(which) ?? 0) + 1);
      expect(await readdir(out)).toEqual(['iris']);
    }
    expect([...seen.keys()].every((name) => name === 'old' || name === 'new')).toBe(true);
    expect(missing).toBeLessThan(40);
  });

  test.each([1, 2, 3, 4])('before rename %i of a replacement leaves the old or the new one', async (at) => {
    await packageModel(models[0]!, { output }, assets);
    const child = startChild(
      { rounds: 1, models: [models[1]!] },
      { KILL_AT_RENAME: String(at) },
      '--import',
      join(import.meta.dirname, 'kill-at-rename.mjs'),
    );
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    // Rename 1 gives the lock its name, 2 finds the output occupied, 3 moves the old one aside, 4 moves the new one in.
    expect([code, signal]).toEqual([null, 'SIGKILL']);
    expect((await readdir(out)).includes('iris')).toBe(at !== 4);
    await recoverPackage(output);
    expect(await contentOf(output)).toBe(at === 4 ? 'new' : 'old');
    await packageModel(models[1]!, { output }, assets);
    expect(await contentOf(output)).toBe('new');
    expect(await readdir(out)).toEqual(['iris']);
  });
});

// A file system of its own in a mount namespace of its own: nothing is left mounted, whatever happens.
describe.runIf(process.platform === 'linux')('a file system that refuses', () => {
  test('full: the old package stays, nothing is left beside it, the error says why', async () => {
    await mkdir(out);
    const script = `
      mount -t tmpfs -o size=2200k tmpfs ${out}
      ${child({ rounds: 1, models: [models[0]!] })} || exit 1
      dd if=/dev/zero of=${out}/ballast bs=1k count=1000 2>/dev/null
      ${child({ rounds: 1, models: [models[1]!] })}; echo "exit $?"
      ls -A ${out}; cat ${output}/model/model.onnx | head -c 200; (cd ${output} && sha256sum model/model.onnx mdeploy.lock.json)`;
    const printed = await inOwnMounts(script);
    expect(printed).toContain('"code":"FILE_UNWRITABLE"');
    expect(printed).toMatch(/Cannot write .*no space left on the device/);
    expect(printed).toMatch(/exit 3\nballast\niris\n/);
    expect(printed).toContain(`${models[0]!.root}${models[0]!.root}`);
  });

  test('read-only: the old package stays, the error says why', async () => {
    await packageModel(models[0]!, { output }, assets);
    const script = `
      mount --bind ${out} ${out} && mount -o remount,ro,bind ${out}
      ${child({ rounds: 1, models: [models[1]!] })}; echo "exit $?"`;
    const printed = await inOwnMounts(script);
    expect(printed).toContain('"code":"FILE_UNWRITABLE"');
    expect(printed).toMatch(/the file system is read-only.*\n?exit 3/);
    expect(await contentOf(output)).toBe('old');
    expect(await readdir(out)).toEqual(['iris']);
  });
});

interface Run {
  readonly rounds: number;
  readonly models?: readonly OpenedModel[];
}

function argument(run: Run): string {
  return JSON.stringify({ models: [...models].reverse(), assets, output, ...run });
}

const script = join(import.meta.dirname, 'child.ts');

function startChild(run: Run, env: NodeJS.ProcessEnv = {}, ...flags: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...flags, script, argument(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
}

function child(run: Run): string {
  return `${process.execPath} ${script} '${argument(run).replaceAll("'", `'\\''`)}'`;
}

async function inOwnMounts(commands: string): Promise<string> {
  const flags = process.getuid?.() === 0 ? ['-m'] : ['-r', '-m'];
  return new Promise((resolve, reject) => {
    execFile('unshare', [...flags, 'sh', '-c', commands], (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

/** The model a package was made from, after proving that it is whole. */
async function contentOf(root: string): Promise<string> {
  await verifyLock(root, await readLock(root));
  expect((await stat(root)).isDirectory()).toBe(true);
  const text = await readFile(join(root, 'model/model.onnx'), 'utf8');
  return text.startsWith(models[0]!.root) ? 'old' : 'new';
}
