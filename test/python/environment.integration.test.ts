import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { cacheRoot, ensureEnvironment } from '../../src/python/environment.ts';
import { folderBytes } from '../../src/python/folder-bytes.ts';
import { readLock } from '../../src/python/lock.ts';
import { findPython } from '../../src/python/python.ts';
import { fakePython } from './fake-python.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-environment-'));
process.env.MDEPLOY_CACHE = join(folder, 'cache');
afterAll(() => {
  delete process.env.MDEPLOY_CACHE;
  rmSync(folder, { recursive: true, force: true });
});
const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

const facts = (version: string, hasVenv = true) =>
  `case "$*" in *importlib*) echo '["${version}", "'$0'", ${hasVenv}]'; exit 0;; esac`;
const quiet = { progress: () => undefined, note: () => undefined };
const tiny = async () => ({ ...(await readLock('onnx')), diskBytes: 1000 });

describe('finding Python', () => {
  test('takes one that fits', async () => {
    const python = fakePython(facts('3.12.4'));
    expect(await findPython([11, 13], python)).toEqual({
      command: python,
      version: '3.12.4',
      executable: python,
      hasVenv: true,
    });
  });

  test.each([
    [facts('3.8.1'), 'is Python 3.8.1'],
    [facts('3.12.4', false), 'is Python 3.12.4 without the module venv'],
    ['exit 1', 'cannot be run'],
  ])('says why not', async (script, words) => {
    const found = findPython([11, 13], fakePython(script));
    await expect(found).rejects.toMatchObject({ code: 'PYTHON_MISSING', exit: 3 });
    await expect(findPython([11, 13], fakePython(script))).rejects.toThrow(words);
  });

  test('says what to install where there is none', async () => {
    process.env.PATH = folder;
    await expect(findPython([11, 13])).rejects.toMatchObject({
      message: 'No Python to work with: there is none on the path.',
      remedy: expect.stringContaining('apt-get install python3 python3-venv'),
    });
  });
});

describe('making an environment', () => {
  // Makes the folder that it is told to, and leaves a note of what it was asked to install.
  const maker = `${facts('3.12.4')}
    case "$*" in
      *"-m venv"*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";;
      *"-m pip"*) echo "Collecting onnx"; echo "$*" > "$(dirname "$0")/../asked";;
    esac`;

  test('once; then it comes from the cache', async () => {
    process.env.PATH = '/usr/bin:/bin';
    const notes: string[] = [];
    const heard: string[] = [];
    const options = {
      python: fakePython(maker),
      progress: (text: string) => heard.push(text),
      note: (text: string) => notes.push(text),
    };
    const first = await ensureEnvironment(await tiny(), options);
    expect(first).toMatchObject({ isNew: true, pythonVersion: '3.12.4' });
    expect(first.bytes).toBeGreaterThan(0);
    expect(notes.join()).toMatch(/Making the Python environment "onnx": \d+ packages, [\d.]+ MB to download/);
    expect(heard).toContain('Installing onnx: onnx');
    const asked = readFileSync(join(first.python, '..', '..', 'asked'), 'utf8');
    expect(asked).toMatch(/--no-deps --only-binary :all: --require-hashes -r .*onnx\.txt$/m);
    expect(await ensureEnvironment(await tiny(), options)).toEqual({ ...first, isNew: false });
    expect(notes.length).toBe(1);
    expect(readdirSync(cacheRoot()).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('that fails leaves nothing behind and says what the installer said', async () => {
    process.env.PATH = '/usr/bin:/bin';
    const broken = maker.replace(
      'echo "Collecting onnx"',
      'echo "ERROR: No matching distribution found for onnx==1.23.2" >&2; exit 1',
    );
    const made = ensureEnvironment(await tiny(), { ...quiet, python: fakePython(broken) });
    await expect(made).rejects.toMatchObject({ code: 'PYTHON_ENVIRONMENT', exit: 3 });
    await expect(made).rejects.toThrow('No matching distribution found for onnx==1.23.2');
    expect(readdirSync(cacheRoot()).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('is not begun without the space for it', async () => {
    const lock = { ...(await tiny()), diskBytes: 1e15 };
    await expect(ensureEnvironment(lock, { ...quiet, python: fakePython(maker) })).rejects.toThrow(
      'of free space where',
    );
  });
});

test('the cache follows MDEPLOY_CACHE, then XDG_CACHE_HOME', () => {
  expect(cacheRoot({ MDEPLOY_CACHE: '/c', XDG_CACHE_HOME: '/x' })).toBe(join('/c', 'convert'));
  expect(cacheRoot({ XDG_CACHE_HOME: '/x' })).toBe(join('/x', 'mdeploy', 'convert'));
});

test.each(['sklearn', 'boosted', 'onnx', 'torch', 'tensorflow'])(
  'the lock %s names every version, the digests of its wheels, and what it costs',
  async (name) => {
    const lock = await readLock(name);
    const pins = lock.text.split('\n').filter((line) => /^\w/.test(line));
    expect(lock.packages.size).toBe(pins.length);
    const digests = lock.text.match(/==[^\n]+ \\\n {4}--hash=sha256:[0-9a-f]{64}/g);
    expect(digests).toHaveLength(pins.length);
    expect(lock.packages.get('numpy')).toMatch(/^\d+\.\d+/);
    expect(lock.downloadBytes).toBeGreaterThan(1e7);
    expect(lock.diskBytes).toBeGreaterThan(lock.downloadBytes);
  },
);

test('a lock that is not there', async () => {
  await expect(readLock('none')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

test('links count as nothing', async () => {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'a'), { recursive: true });
  writeFileSync(join(tree, 'a', 'x'), 'xxx');
  symlinkSync(join(tree, 'a'), join(tree, 'b'));
  expect(await folderBytes(tree)).toBe(3);
});
