// Writes the SHA-256 of every wheel into the locks of templates/convert/locks/: `node scripts/node.mjs
// scripts/lock-python.ts [NAME ...]`. A package is brought up to date by writing its new version there and running this.
// Needs uv (`pip install uv`), which asks the package index.
import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../templates/convert/locks');
const wanted = process.argv.slice(2);

for (const name of (await readdir(folder)).sort()) {
  if (wanted.length > 0 && !wanted.includes(name.replace(/\.txt$/, ''))) continue;
  const file = join(folder, name);
  const text = await readFile(file, 'utf8');
  await writeFile(file, `${headOf(text)}\n${withHashes(pinsOf(text))}`);
  process.stdout.write(`${name}: ${pinsOf(text).length} packages\n`);
}

function headOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .join('\n');
}

// A pin may have a marker, and ends where its hashes begin.
function pinsOf(text: string): string[] {
  return [...text.matchAll(/^[\w.-]+==[^\\\n]+/gm)].map(([pin]) => pin.trim());
}

// Nothing is resolved: the locks name every dependency. `--universal` keeps the markers and the wheels of all systems.
function withHashes(pins: readonly string[]): string {
  const flags = ['--universal', '--no-deps', '--generate-hashes', '--no-header', '--no-annotate', '--quiet'];
  return execFileSync('uv', ['pip', 'compile', ...flags, '--python-version', '3.11', '-'], {
    input: pins.join('\n'),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
}
