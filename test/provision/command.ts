// Runs a program and gives its output, or an error that quotes the last lines it printed.
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
}

export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  });
  // Not spawn's own `timeout`: that timer keeps this process alive when the program does not exist.
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 600_000);
  // A program that ends without reading its input closes the pipe; its exit status tells what matters.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(describeFailure([program, ...args], code ?? signal, stderr || stdout)));
    });
  }).finally(() => clearTimeout(timer));
  return stdout;
}

export async function hasCommand(program: string): Promise<boolean> {
  // Debian keeps daemons in sbin, which an ordinary PATH lacks.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders) if (await isExecutable(join(folder, program))) return true;
  return false;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

export async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

function describeFailure(command: readonly string[], status: unknown, output: string): string {
  const lastLines = output.trim().split('\n').slice(-8).join('\n');
  return `"${command.join(' ').slice(0, 200)}" ended with ${String(status)}\n${lastLines}`;
}
