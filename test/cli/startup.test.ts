import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '..', '..', 'src');

const staticImport = /^(?:import|export)\s+(?:([^;'"=]*?)\s*from\s+)?'([^']+)'/gm;

/** Everything that is loaded before a verb is: the files and packages behind static imports that are not types. */
function staticClosure(entry: string) {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, clause = '', target = ''] of text.matchAll(staticImport)) {
      if (/^type\b/.test(clause)) continue;
      if (target.startsWith('.')) visit(join(dirname(file), target));
      else if (!target.startsWith('node:')) packages.add(target);
    }
  };
  visit(entry);
  return { files, packages };
}

// This is what keeps `mdeploy --help` under 100 ms; the time itself is measured in bench/.
test('before a verb is known only commander is loaded, and nothing of any verb', () => {
  const { files, packages } = staticClosure(join(source, 'cli', 'main.ts'));
  expect([...packages]).toEqual(['commander']);
  const folders = new Set([...files].map((file) => file.slice(source.length + 1).split('/')[0]));
  expect([...folders].sort()).toEqual(['cli', 'core']);
  expect([...files].filter((file) => file.includes('/commands/'))).toEqual([]);
});
