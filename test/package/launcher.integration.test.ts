import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newFolder, writeFiles } from './fakes.ts';

const launcher = join(import.meta.dirname, '../../bin/mdeploy.js');
let root: string;

beforeEach(async () => {
  root = await newFolder();
  await mkdir(join(root, 'bin'));
  await cp(launcher, join(root, 'bin/mdeploy.js'));
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
});

afterEach(() => rm(root, { recursive: true, force: true }));

function launch(...flags: readonly string[]) {
  const env = { PATH: process.env.PATH, HOME: root, TMPDIR: root };
  return spawnSync(process.execPath, [...flags, join(root, 'bin/mdeploy.js')], { encoding: 'utf8', env });
}

function sayingWhere(place: string): string {
  return `export function main() { console.log('${place}', process.env.ORT_DISABLE_TELEMETRY); }\n`;
}

describe('bin/mdeploy.js', () => {
  test('starts the build where there is one, else the sources; telemetry is off before anything loads', async () => {
    await writeFiles(root, { 'src/cli/main.ts': sayingWhere('source') });
    expect(launch().stdout).toBe('source 1\n');
    await writeFiles(root, { 'dist/main.js': sayingWhere('build') });
    expect(launch().stdout).toBe('build 1\n');
  });

  test('does not hide a broken build behind the sources', async () => {
    await writeFiles(root, {
      'src/cli/main.ts': sayingWhere('source'),
      'dist/main.js': `import './chunk-gone.js';\n${sayingWhere('build')}`,
    });
    const { stdout, stderr, status } = launch();
    expect(stdout).toBe('');
    expect(stderr).toContain('chunk-gone.js');
    expect(status).toBe(1);
  });

  test.each(['10.24.1', '20.20.2', '22.17.9'])(
    'says in one line that Node %s is too old',
    async (version) => {
      await writeFile(
        join(root, 'old.cjs'),
        `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
      );
      const { stderr, status } = launch('-r', join(root, 'old.cjs'));
      expect(stderr).toBe(
        `mdeploy needs Node 22.18 or newer; this is Node ${version} (${process.execPath}).\n`,
      );
      expect(status).toBe(3);
    },
  );

  test('holds nothing that Node 10 cannot parse', async () => {
    const text = await readFile(launcher, 'utf8');
    expect(text).not.toMatch(/^\s*(import|export) |import\.meta|\?\.|\?\?|\bawait\b|#\w+\(|\d_\d/m);
  });
});
