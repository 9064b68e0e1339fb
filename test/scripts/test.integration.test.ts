import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

// scripts/test.mjs in a clone of stand-ins: each tool prints and exits as the test says.
const root = join(import.meta.dirname, '..', '..');
const tools = {
  biome: 'node_modules/@biomejs/biome/bin/biome',
  tsc: 'node_modules/typescript/bin/tsc',
  build: 'scripts/build.ts',
  vitest: 'node_modules/vitest/vitest.mjs',
};
let clone: string;

beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'mdeploy-npm-test-'));
  await mkdir(join(clone, 'scripts'));
  for (const script of ['test.mjs', 'node.mjs'])
    await cp(join(root, 'scripts', script), join(clone, 'scripts', script));
  await mkdir(join(clone, 'node_modules', 'node'), { recursive: true });
  for (const tool of Object.keys(tools) as (keyof typeof tools)[]) await standIn(tool, '');
  await vitestSays({});
});

afterEach(() => rm(clone, { recursive: true, force: true }));

async function standIn(tool: keyof typeof tools, code: string): Promise<void> {
  const file = join(clone, tools[tool]);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, code);
}

interface Run {
  readonly passed?: number;
  readonly failed?: number;
  readonly skipped?: number;
  readonly exit?: number;
  readonly silent?: boolean;
}

async function vitestSays(runs: Readonly<Record<string, Run>>): Promise<void> {
  await standIn(
    'vitest',
    `const { exit = 0, silent, ...counts } = { passed: 0, failed: 0, skipped: 0, ...(${JSON.stringify(runs)})[process.argv.at(-1)] };
     if (!silent) console.log(JSON.stringify({ mdeploy_tests: counts }));
     process.exitCode = exit;`,
  );
}

async function npmTest(env: Readonly<Record<string, string>> = {}) {
  const result = await execa(process.execPath, ['scripts/test.mjs'], {
    cwd: clone,
    env: { CI: '', ...env },
    reject: false,
  });
  return { exit: result.exitCode, last: result.stdout.trim().split('\n').at(-1), out: result.stdout };
}

describe('npm test', () => {
  test('adds lint, types, build and the tests of the three projects', async () => {
    await vitestSays({ unit: { passed: 10 }, integration: { passed: 4 }, e2e: { passed: 2 } });
    expect(await npmTest()).toMatchObject({ exit: 0, last: '19 passed, 0 failed' });
  });

  test('goes on after a failure, counts it, and exits 1', async () => {
    await standIn('tsc', 'process.exitCode = 2');
    await vitestSays({ unit: { passed: 10, failed: 2, exit: 1 }, e2e: { passed: 1 } });
    const result = await npmTest();
    expect(result).toMatchObject({ exit: 1, last: '13 passed, 3 failed' });
    expect(result.out).toContain('! types failed');
    expect(result.out).toContain('! unit: 2 failed');
  });

  test('takes a run that died for a failure, though it counted none', async () => {
    await vitestSays({ unit: { exit: 1 }, integration: { exit: 134, silent: true } });
    const result = await npmTest();
    expect(result).toMatchObject({ exit: 1, last: '3 passed, 2 failed' });
    expect(result.out).toContain('! integration: the test run itself failed (exit 134)');
  });

  test('names skipped tests loudly, and fails on them with CI=true', async () => {
    await vitestSays({ e2e: { passed: 1, skipped: 3 } });
    const local = await npmTest();
    expect(local).toMatchObject({ exit: 0, last: '4 passed, 0 failed' });
    expect(local.out).toContain('! 3 tests did not run');
    expect(await npmTest({ CI: 'true' })).toMatchObject({ exit: 1, last: '4 passed, 3 failed' });
  });

  test('a project that ran no test at all is no pass', async () => {
    await vitestSays({ unit: { silent: true } });
    const result = await npmTest();
    expect(result).toMatchObject({ exit: 1, last: '3 passed, 1 failed' });
    expect(result.out).toContain('! unit: the test run told no counts');
  });
});
