import { join } from 'node:path';
import { execa } from 'execa';

export const root = join(import.meta.dirname, '../..');
export const iris = join(root, 'examples', 'iris');

/** Short windows: what is tested is what is told, not how fast it is. */
export const short = ['--duration', '150ms', '--warmup', '50ms'];

/** `mdeploy bench` as a process. */
export async function runBench(args: readonly string[]) {
  const env = { NO_COLOR: '1', NODE_NO_WARNINGS: '1', ORT_DISABLE_TELEMETRY: '1' };
  return execa(process.execPath, [join(root, 'src/cli/main.ts'), 'bench', ...args], { reject: false, env });
}
