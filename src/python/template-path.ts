import { join } from 'node:path';

declare const MDEPLOY_BUILD: 'cli' | 'server' | undefined;

/** A file of templates/: the built chunks lie in dist/, this source in src/python/. */
export function templatePath(...parts: readonly string[]): string {
  const root = join(import.meta.dirname, typeof MDEPLOY_BUILD === 'undefined' ? '../..' : '..');
  return join(root, 'templates', ...parts);
}
