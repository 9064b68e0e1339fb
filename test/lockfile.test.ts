import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface Entry {
  version?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const root = join(import.meta.dirname, '..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Entry>;
};
const entries = Object.entries(lock.packages);

// `npm ci` refuses a lock that lacks a platform's package, on every platform; an installed node_modules hides it.
test('the lock has every package that its packages name, those of other platforms too', () => {
  const missing = entries.flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !isLocked(path, name))
      .map((name) => `${path || 'the project'} needs ${name}`),
  );
  expect(entries.length).toBeGreaterThan(200);
  expect(missing).toEqual([]);
});

test('the lock was made from this package.json', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(lock.packages['']).toMatchObject({ dependencies, devDependencies });
});

/** Whether npm finds `name` from `path`: beside it or in a node_modules above. */
function isLocked(path: string, name: string): boolean {
  const here = path === '' ? '' : `${path}/`;
  if (lock.packages[`${here}node_modules/${name}`] !== undefined) return true;
  if (path === '') return false;
  return isLocked(path.slice(0, Math.max(0, path.lastIndexOf('node_modules/') - 1)), name);
}
