import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { describe, expect, test } from 'vitest';
import { version } from '../../src/core/version.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const iris = join(import.meta.dirname, '../fixtures/sklearn/iris_logreg/model.onnx');

function mdeploy(args: readonly string[], options: Options = {}) {
  const env = { NO_COLOR: '1', NODE_NO_WARNINGS: '1' };
  return execa(process.execPath, [main, ...args], { reject: false, env, stdin: 'ignore', ...options });
}

describe('mdeploy', () => {
  test('--help and --version print on stdout and exit 0', async () => {
    const help = await mdeploy(['--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('build-image') });
    expect(await mdeploy(['--version'])).toMatchObject({ exitCode: 0, stderr: '', stdout: version });
  });

  test('without a verb says so on stderr and exits 2', async () => {
    const result = await mdeploy([]);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toMatch(/^error VERB_MISSING: No verb given\.\n {2}fix/);
  });

  test('with a mistyped flag names the right one, without a stack', async () => {
    const result = await mdeploy(['predict', '--inptu', '[1]']);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain("Unknown option '--inptu'. Did you mean --input?");
    expect(result.stderr).toContain('mdeploy predict --help');
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  test('--verbose adds the stack, --json moves the error to stdout, alone', async () => {
    const loud = await mdeploy(['srve', '--verbose']);
    expect(loud.stderr).toMatch(/VERB_UNKNOWN[\s\S]*\n\s+at /);
    const json = await mdeploy(['srve', '--json']);
    expect(json).toMatchObject({ exitCode: 2, stderr: '' });
    expect(JSON.parse(String(json.stdout))).toMatchObject({
      schema_version: 1,
      error: { code: 'VERB_UNKNOWN', remedy: expect.stringContaining('`serve`') },
    });
  });

  test('shows what a verb throws with its exit code: 2 for a missing file, 3 for a missing server', async () => {
    const missing = await mdeploy(['predict', '--input', '/nowhere/x.json', '--json']);
    expect(missing.exitCode).toBe(2);
    expect(JSON.parse(String(missing.stdout))).toMatchObject({
      error: { code: 'FILE_UNREADABLE', at: { file: '/nowhere/x.json' } },
    });
    const alone = await mdeploy(['predict', '--url', 'http://127.0.0.1:9', '--input', '[1]']);
    expect(alone).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('SERVER_UNREACHABLE') });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it with 130 and INTERRUPTED', async (signal) => {
    const child = mdeploy(['predict', '--input', '-', '--json'], { stdin: 'pipe' });
    // The verb waits for its input by then: loading it takes a fraction of this.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill(signal);
    const result = await child;
    expect(result.exitCode).toBe(130);
    expect(JSON.parse(String(result.stdout))).toMatchObject({ error: { code: 'INTERRUPTED' } });
  });

  test.runIf(process.platform !== 'win32')(
    'one Ctrl-C ends it where the input is a pipe that nobody fills',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'mdeploy-cli-'));
      const pipe = join(folder, 'pipe.json');
      await execa('mkfifo', [pipe]);
      const child = mdeploy(['predict', '--input', pipe, '--json'], { timeout: 30_000 });
      await new Promise((resolve) => setTimeout(resolve, 1500));
      child.kill('SIGINT');
      expect(await child).toMatchObject({ exitCode: 130, stdout: expect.stringContaining('INTERRUPTED') });
      await rm(folder, { recursive: true });
    },
  );

  test.runIf(existsSync('/dev/full'))(
    'says that its output cannot be written, and whose fault that is',
    async () => {
      for (const flags of [[], ['--json']]) {
        const command = [process.execPath, main, 'inspect', iris, ...flags];
        const shell = ['-c', 'exec "$@" >/dev/full', 'sh', ...command];
        const result = await execa('sh', shell, { reject: false, stdin: 'ignore', env: { NO_COLOR: '1' } });
        expect(result.exitCode).toBe(3);
        expect(result.stderr).toMatch(
          /^error FILE_UNWRITABLE: Cannot write standard output: no space left on the device\.\n {2}fix/,
        );
      }
    },
  );

  test('takes a closed pipe for no fault', async () => {
    const child = execa(process.execPath, [main, '--help'], { reject: false });
    child.stdout.destroy();
    expect((await child).stderr).not.toContain('EPIPE');
  });
});
