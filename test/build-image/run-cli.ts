import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface CliOptions {
  readonly env?: Record<string, string>;
  readonly interruptWhen?: () => Promise<boolean>;
}

/** Runs the command line of this source tree in a process of its own. */
export function runCli(args: readonly string[], options: CliOptions = {}) {
  const entry = join(import.meta.dirname, '../../src/cli/main.ts');
  const child = spawn(process.execPath, [entry, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const { interruptWhen } = options;
  // Once only: the second signal ends a process at once, with everything left as it is.
  let isInterrupted = false;
  const watch = setInterval(async () => {
    if (isInterrupted || !interruptWhen || !(await interruptWhen()) || isInterrupted) return;
    isInterrupted = true;
    child.kill('SIGINT');
  }, 20);
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(watch);
      resolve({ code, stdout, stderr });
    });
  });
}
