import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { fixturePath } from '../fixtures.ts';
import { fakePython } from '../python/fake-python.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-interrupt-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('Ctrl-C in the middle of a conversion ends everything it started and leaves nothing behind', async () => {
  const pidFile = join(folder, 'pid');
  const python = fakePython(`case "$*" in
    *importlib*) echo '["3.12.4", "'$0'", true]';;
    *"-m venv"*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";;
    *from_sklearn.py*) echo $$ > ${pidFile}.part; mv ${pidFile}.part ${pidFile}; sleep 60 & wait;;
  esac`);
  const out = join(folder, 'out');
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const source = fixturePath('sklearn/iris_logreg/model.pkl');
  const child = spawn(process.execPath, [main, 'convert', source, '-o', out, '--python', python], {
    env: { ...process.env, MDEPLOY_CACHE: join(folder, 'cache') },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  while (!existsSync(pidFile)) await sleep(50);
  child.kill('SIGINT');
  expect(await ended).toEqual([130, null]);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['cache', 'pid']);
});
