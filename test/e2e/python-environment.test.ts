// Where packages come from, and that they are the ones of the lock: with the real pip, a wheel of one file and an index
// of one page.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sha256 } from '../../src/core/hash.ts';
import { cacheRoot, ensureEnvironment } from '../../src/python/environment.ts';
import type { EnvironmentLock } from '../../src/python/lock.ts';
import type { EnvironmentOptions } from '../../src/python/options.ts';
import { zip } from '../convert/pickle-bytes.ts';
import { installPackages } from '../provision/apt.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-wheels-'));
const wheels = join(folder, 'wheels');
const wheelName = 'tinything-1.0-py3-none-any.whl';
const wheel = wheelOf('value = 42\n');
const run = promisify(execFile);
const asked: string[] = [];
let server: Server;
let port = 0;

beforeAll(async () => {
  const hasVenv = await run('python3', ['-c', 'import venv, ensurepip']).then(
    () => true,
    () => false,
  );
  if (!hasVenv) await installPackages(['python3', 'python3-venv'], 'Python environments');
  mkdirSync(wheels);
  writeFileSync(join(wheels, wheelName), wheel);
  server = createServer(({ url = '' }, reply) => {
    asked.push(url);
    if (url.endsWith('.whl')) return reply.end(wheel);
    reply.setHeader('content-type', 'text/html');
    return reply.end(`<!DOCTYPE html><body><a href="/files/${wheelName}">${wheelName}</a></body>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Made anew each time: a cache of its own. */
async function make(lock: EnvironmentLock, options: Partial<EnvironmentOptions>) {
  vi.stubEnv('MDEPLOY_CACHE', mkdtempSync(join(folder, 'cache-')));
  // What the machine has set for pip would answer in place of what is tried here.
  vi.stubEnv('PIP_FIND_LINKS', undefined);
  vi.stubEnv('PIP_NO_CACHE_DIR', '1');
  return ensureEnvironment(lock, { progress: () => undefined, note: () => undefined, ...options });
}

async function valueIn(python: string): Promise<string> {
  return (await run(python, ['-I', '-c', 'import tinything; print(tinything.value)'])).stdout.trim();
}

describe('a package comes from', () => {
  test('a folder of wheels, and nothing is asked of any network', async () => {
    vi.stubEnv('https_proxy', 'http://127.0.0.1:9');
    const { python } = await make(lockOf(sha256(wheel)), { wheels });
    expect(await valueIn(python)).toBe('42');
  });

  test('another index', async () => {
    const indexUrl = `http://127.0.0.1:${port}/simple`;
    const { python } = await make(lockOf(sha256(wheel)), { indexUrl });
    expect(await valueIn(python)).toBe('42');
    expect(asked).toContain('/simple/tinything/');
  });

  test('an index behind the proxy that the user has set', async () => {
    vi.stubEnv('http_proxy', `http://127.0.0.1:${port}`);
    vi.stubEnv('PIP_TRUSTED_HOST', 'packages.invalid');
    const { python } = await make(lockOf(sha256(wheel)), { indexUrl: 'http://packages.invalid/simple' });
    expect(await valueIn(python)).toBe('42');
    expect(asked).toContain('http://packages.invalid/simple/tinything/');
  });
});

describe('what is not the wheel of the lock is not installed', () => {
  test.each([
    ['a folder', () => ({ wheels })],
    ['an index', () => ({ indexUrl: `http://127.0.0.1:${port}/simple` })],
  ])('from %s', async (_, options) => {
    const made = make(lockOf(sha256('another wheel')), options());
    await expect(made).rejects.toMatchObject({ code: 'PYTHON_ENVIRONMENT', exit: 3 });
    await expect(made).rejects.toThrow(/hash|HASH/i);
    expect(readdirSync(cacheRoot())).toEqual([]);
  });

  test('neither is a package without a digest', async () => {
    const lock = lockOf(sha256(wheel));
    writeFileSync(lock.file, 'tinything==1.0\n');
    await expect(make(lock, { wheels })).rejects.toMatchObject({ code: 'PYTHON_ENVIRONMENT' });
    expect(existsSync(join(cacheRoot(), 'tiny'))).toBe(false);
  });
});

function lockOf(digest: string): EnvironmentLock {
  const text = `tinything==1.0 \\\n    --hash=sha256:${digest}\n`;
  const file = join(mkdtempSync(join(folder, 'lock-')), 'tiny.txt');
  writeFileSync(file, text);
  const packages = new Map([['tinything', '1.0']]);
  return { name: 'tiny', file, text, packages, python: [9, 99], downloadBytes: 1000, diskBytes: 1000 };
}

// Packaging: "Binary distribution format": a module, and the three files that say what it is.
function wheelOf(module: string): Buffer {
  const info = 'tinything-1.0.dist-info';
  const files: readonly (readonly [string, string])[] = [
    ['tinything.py', module],
    [`${info}/METADATA`, 'Metadata-Version: 2.1\nName: tinything\nVersion: 1.0\n'],
    [`${info}/WHEEL`, 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n'],
    [`${info}/RECORD`, ''],
  ];
  return zip(files.map(([name, content]) => ({ name, content: Buffer.from(content) })));
}
