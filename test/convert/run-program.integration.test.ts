import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../src/convert/run-program.ts';
import { runCleanups } from '../../src/core/interrupt.ts';
import { runProcess } from '../../src/python/process.ts';
import { answers, fakePython } from '../python/fake-python.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-program-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const request = {
  source: '/m.pkl',
  format: 'sklearn',
  work: join(folder, 'work'),
  trust: false,
  allowed: [],
};

function run(script: string, more: { timeoutMs?: number; maxMemoryBytes?: number } = {}) {
  const heard: string[] = [];
  const limits = { timeoutMs: 20_000, maxMemoryBytes: 8e9, ...more };
  const options = {
    python: fakePython(script),
    source: 'm.pkl',
    output: 'made',
    ...limits,
    progress: (text: string) => heard.push(text),
  };
  return { heard, done: runProgram('from_sklearn.py', request, options) };
}

describe('a converter', () => {
  test('tells how far it is, and what it made', async () => {
    const done = { kind: 'done', peak_bytes: 5, framework: 'sklearn', samples: [], versions: { numpy: '2' } };
    const { heard, done: answer } = run(answers({ kind: 'progress', text: 'Loading' }, done));
    expect(await answer).toMatchObject({ framework: 'sklearn', versions: { numpy: '2' } });
    expect(heard).toEqual(['Loading']);
  });

  test.each([
    ['asked', 'CONVERT_ASKED', 2],
    ['unsafe', 'CONVERT_UNSAFE', 1],
    ['refused', 'CONVERT_REFUSED', 1],
    ['failed', 'CONVERT_FAILED', 1],
    ['memory', 'CONVERT_LIMIT', 1],
    ['space', 'FILE_UNWRITABLE', 3],
  ])('that says "%s" is an error %s', async (code, row, exit) => {
    const { done } = run(answers({ kind: 'failed', code, reason: 'the words', flag: '--input x:FP32[1]' }));
    await expect(done).rejects.toMatchObject({ code: row, exit });
  });

  test('that asks says what to type', async () => {
    const { done } = run(
      answers({ kind: 'failed', code: 'asked', reason: 'no shapes', flag: '--input x:FP32[batch,4]' }),
    );
    await expect(done).rejects.toMatchObject({ remedy: 'Add to the command: --input x:FP32[batch,4]' });
  });

  test('that dies is told by its last words, or by its signal', async () => {
    await expect(run('echo "ImportError: no numpy" >&2; exit 1').done).rejects.toThrow(
      'ImportError: no numpy',
    );
    await expect(run('kill -SEGV $$').done).rejects.toMatchObject({
      code: 'CONVERT_DAMAGED',
      message: expect.stringContaining('its own framework crashed on it (SIGSEGV)'),
    });
    await expect(run('echo not json; echo "[]"; echo null').done).rejects.toMatchObject({
      code: 'CONVERT_FAILED',
    });
  });

  test('that takes too long or too much is ended, with all it started', async () => {
    const marker = join(folder, 'late');
    await expect(run(`(sleep 2; touch ${marker}) & sleep 30`, { timeoutMs: 300 }).done).rejects.toMatchObject(
      {
        code: 'CONVERT_LIMIT',
        message: expect.stringContaining('0.3 s'),
      },
    );
    await expect(run('sleep 30', { maxMemoryBytes: 1000 }).done).rejects.toThrow('went beyond 1.0 kB');
    await sleep(2200);
    const { exitCode } = await runProcess(['test', '-e', marker], { env: process.env, timeoutMs: 5000 });
    expect(exitCode).toBe(1);
  });

  test('sees nothing of the user: neither variables nor files of the current folder', async () => {
    process.env.SECRET_TOKEN = 'x';
    const script =
      'echo "{\\"kind\\":\\"failed\\",\\"code\\":\\"failed\\",\\"reason\\":\\"$(env | grep -c SECRET) $(ls | wc -l)\\"}"';
    await expect(run(script).done).rejects.toThrow('failed: 0 0');
    delete process.env.SECRET_TOKEN;
  });

  test('can reach no network where that can be cut off', async () => {
    const script =
      'echo "{\\"kind\\":\\"failed\\",\\"code\\":\\"failed\\",\\"reason\\":\\"$(grep -c : /proc/net/dev)\\"}"';
    const isolated = await runProcess(['unshare', '--map-root-user', '--net', 'true'], {
      env: process.env,
      timeoutMs: 5000,
    });
    // Only the loopback interface is left; without namespaces the program says so instead.
    if (isolated.exitCode === 0) await expect(run(script).done).rejects.toThrow(/failed: 1$/);
    else await expect(run(script).done).rejects.toThrow('failed:');
  });

  test('ends with the interrupt of the user', async () => {
    const { done } = run('sleep 30');
    const outcome = done.catch((error: unknown) => error);
    await sleep(300);
    const begun = performance.now();
    await runCleanups();
    expect(await outcome).toMatchObject({
      code: 'CONVERT_FAILED',
      message: expect.stringContaining('SIGKILL'),
    });
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

test('a program that is not there', async () => {
  const end = await runProcess(['/nowhere/at-all'], { env: {}, timeoutMs: 1000 });
  expect(end).toMatchObject({ exitCode: null, unstartable: 'it does not exist' });
});
