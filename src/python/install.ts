import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';
import type { EnvironmentLock } from './lock.ts';
import type { EnvironmentOptions } from './options.ts';
import { runProcess } from './process.ts';
import { templatePath } from './template-path.ts';

interface InstallOptions extends EnvironmentOptions {
  readonly folder: string;
  readonly python: string;
}

const timeoutMs = 3_600_000;

/**
 * Makes an environment with exactly the wheels whose digests the lock names, wherever they come from: no dependency is
 * looked up, nothing is built from source, so no package runs code while it is installed.
 * @throws MdeployError `PYTHON_ENVIRONMENT`
 */
export async function install(lock: EnvironmentLock, options: InstallOptions): Promise<void> {
  const { folder, python, progress } = options;
  const uv = await hasUv();
  progress(`Making a Python environment${uv ? ' with uv' : ''}`);
  await run(
    lock,
    uv ? ['uv', 'venv', '--quiet', '--python', python, folder] : [python, '-m', 'venv', folder],
  );
  const target = process.platform === 'win32' ? `${folder}\\Scripts\\python.exe` : `${folder}/bin/python`;
  await run(lock, [...installer(uv, target), ...sources(options), '-r', lock.file], (line) => {
    const found = /^(?:Collecting|Downloading|Installing collected packages:) *(.*)$/.exec(line.trim());
    if (found) progress(`Installing ${lock.name}: ${found[1]!.split(',')[0]!.slice(0, 60)}`);
  });
  const finish = templatePath(`convert/finish_${lock.name}.py`);
  if (existsSync(finish)) await run(lock, [target, '-I', finish]);
}

function installer(uv: boolean, python: string): [string, ...string[]] {
  const locked = ['--no-deps', '--only-binary', ':all:', '--require-hashes'];
  if (uv) return ['uv', 'pip', 'install', '--compile-bytecode', '--python', python, ...locked];
  return [python, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', ...locked];
}

function sources({ indexUrl, wheels }: InstallOptions): string[] {
  return [
    ...(indexUrl === undefined ? [] : ['--index-url', indexUrl]),
    ...(wheels === undefined ? [] : ['--no-index', '--find-links', resolve(wheels)]),
  ];
}

async function hasUv(): Promise<boolean> {
  const end = await runProcess(['uv', '--version'], { env: process.env, timeoutMs: 10_000 });
  return end.exitCode === 0;
}

// Proxies, certificates and indexes are those that the user has set for pip and uv.
async function run(
  lock: EnvironmentLock,
  command: [string, ...string[]],
  onLine?: (line: string) => void,
): Promise<void> {
  const end = await runProcess(command, { env: process.env, timeoutMs, ...(onLine && { onLine }) });
  if (end.exitCode === 0) return;
  const reason =
    end.unstartable ?? (end.killed === 'timeout' ? 'it took more than an hour' : lastError(end.errorOutput));
  throw failure('PYTHON_ENVIRONMENT', { name: lock.name, reason }, { cause: new Error(end.errorOutput) });
}

// pip says what went wrong in lines that begin with ERROR, the last of which is mostly advice.
function lastError(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /^(?:ERROR|error|OSError|\s*×)/.test(line));
  return (errors[0] ?? lines.at(-1) ?? 'the installer gave no reason')
    .replace(/^(?:ERROR|error):\s*/, '')
    .trim();
}
