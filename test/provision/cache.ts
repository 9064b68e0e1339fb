// Where everything that tests bring onto the machine is kept between runs.
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cachePath(...parts: readonly string[]): string {
  const root = process.env.MDEPLOY_TEST_CACHE ?? join(homedir(), '.cache', 'mdeploy-test');
  return join(root, ...parts);
}

export async function cacheFolder(...parts: readonly string[]): Promise<string> {
  const folder = cachePath(...parts);
  await mkdir(folder, { recursive: true });
  return folder;
}
