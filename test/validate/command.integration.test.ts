import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadCase } from '../fixtures.ts';
import { endlessLoop } from '../runtime/hostile-models.ts';
import { edit, Workplace } from './workplace.ts';

const work = new Workplace();
const iris = loadCase('sklearn/iris_logreg');

afterAll(() => work.remove());

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

function start(...args: string[]) {
  const env = { ...process.env, TMPDIR: work.root };
  const child = spawn(process.execPath, ['--no-warnings', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  const streams = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      streams[name] += chunk.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended: ended.then((code) => ({ code, ...streams })) };
}

function mdeploy(...args: string[]) {
  return start(...args).ended;
}

function probeFolders(): string[] {
  return readdirSync(work.root).filter((name) => name.startsWith('mdeploy-probe'));
}

describe('mdeploy validate', () => {
  it('exits 0 and shows the table for a good folder', async () => {
    const { code, stdout, stderr } = await mdeploy('validate', await work.model(iris));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ samples {6}1 of 1 agree$/m);
    expect(stdout).toMatch(/model 1 is fit to ship: 0 errors, 0 warnings/);
    expect(stderr).toBe('');
  });

  it('exits 1 for a wrong sample and says where', async () => {
    const folder = await work.model(iris);
    edit(folder, 'samples/0.out.json', (text) => text.replace('0.98157287', '0.5'));
    const { code, stdout } = await mdeploy('validate', folder);
    expect(code).toBe(1);
    expect(stdout).toMatch(/SAMPLE_DIFFERS: .*at \[0,0\] expected 0\.5, received 0\.98157/);
  });

  it('exits 2 for a wrong manifest and 1 for a warning with --strict', async () => {
    const folder = await work.model(iris, 'nme: x\n');
    expect((await mdeploy('validate', folder)).code).toBe(2);
    expect((await mdeploy('validate', iris.modelPath)).code).toBe(0);
    expect((await mdeploy('validate', iris.modelPath, '--strict')).code).toBe(1);
  });

  it('prints one document with --json and nothing else', async () => {
    const { code, stdout, stderr } = await mdeploy('validate', iris.modelPath, '--json');
    const document = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(document).toMatchObject({ schema_version: 1, ok: true, errors: 0, warnings: 1, kind: 'file' });
    expect(document.checks.map((check: { name: string }) => check.name)).toEqual([
      'lock',
      'manifest',
      'files',
      'graph',
      'conversion',
      'versions',
      'signature',
      'accelerator',
      'locale',
      'loads',
      'samples',
      'variants',
      'size',
    ]);
    expect(document.checks.every((check: { ms: number }) => Number.isInteger(check.ms))).toBe(true);
    expect(document).not.toHaveProperty('exit');
  });

  it('exits 2 for a path that leads nowhere', async () => {
    const { code, stderr } = await mdeploy('validate', `${work.root}/none`);
    expect(code).toBe(2);
    expect(stderr).toContain('MODEL_PATH_MISSING');
  });

  it('leaves neither process nor folder behind when interrupted, and exits 130', async () => {
    const { child, ended } = start('validate', work.file('endless.onnx', endlessLoop()));
    while (probeFolders().length === 0) await sleep(20);
    await sleep(300);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('INTERRUPTED');
    expect(probeFolders()).toEqual([]);
  });
});

describe('mdeploy doctor', () => {
  it('exits 0 here and prints one document with --json', async () => {
    const { code, stdout } = await mdeploy('doctor', '--json');
    const document = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(document).toMatchObject({ schema_version: 1, ok: true });
    expect(document.checks).toHaveLength(9);
  });
});
