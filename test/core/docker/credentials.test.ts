import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  findCredentials,
  hasRegistry,
  registryOf,
  toAuthConfig,
} from '../../../src/core/docker/credentials.ts';

let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdeploy-credentials-'));
  env = { DOCKER_CONFIG: folder, PATH: `${folder}${delimiter}${process.env.PATH}` };
});

afterEach(() => rm(folder, { recursive: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');
const find = (registry: string, more: Record<string, string> = {}) =>
  findCredentials(registry, { ...env, ...more }, 'push');
const writeConfig = (config: object) => writeFile(join(folder, 'config.json'), JSON.stringify(config));

describe('the environment', () => {
  test('comes first', async () => {
    await writeConfig({ auths: { 'r.example': { auth: base64('a:b') } } });
    const own = { MDEPLOY_REGISTRY_USERNAME: 'ci', MDEPLOY_REGISTRY_PASSWORD: 'pass' };
    expect(await find('r.example', own)).toMatchObject({ username: 'ci', password: 'pass' });
  });

  const login = { MDEPLOY_REGISTRY_USERNAME: 'ci', MDEPLOY_REGISTRY_PASSWORD: 'pass' };

  test('goes to the registry that MDEPLOY_REGISTRY names, and to no other', async () => {
    const meant = { ...env, ...login, MDEPLOY_REGISTRY: 'r.example:5000' };
    for (const use of ['push', 'pull'] as const) {
      expect(await findCredentials('r.example:5000', meant, use)).toMatchObject({ username: 'ci' });
      for (const other of ['r.example', 'r.example:5001', 'evil.example', 'docker.io'])
        expect(await findCredentials(other, meant, use)).toBeUndefined();
    }
  });

  test('without MDEPLOY_REGISTRY is for pushing: a base image that a manifest names does not get it', async () => {
    for (const more of [login, { ...login, MDEPLOY_REGISTRY: '' }]) {
      expect(await findCredentials('r.example', { ...env, ...more }, 'push')).toMatchObject({
        username: 'ci',
      });
      expect(await findCredentials('evil.example', { ...env, ...more }, 'pull')).toBeUndefined();
    }
  });

  test('Docker’s own configuration is for pulls, too', async () => {
    await writeConfig({ auths: { 'r.example': { auth: base64('a:b') } } });
    expect(await findCredentials('r.example', { ...env, ...login }, 'pull')).toMatchObject({ username: 'a' });
  });

  test.each(['MDEPLOY_REGISTRY_USERNAME', 'MDEPLOY_REGISTRY_PASSWORD'])(
    '%s alone is an error',
    async (name) => {
      const error = (await find('r.example', { [name]: 'hunter2' }).catch((e: unknown) => e)) as Error;
      expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE', exit: 3 });
      expect(error.message).toContain('only one of the two is set');
      expect(error.message).not.toContain('hunter2');
    },
  );
});

describe('auths', () => {
  test.each([
    ['r.example', 'r.example'],
    ['r.example:5000', 'r.example:5000'],
    ['https://r.example', 'r.example'],
    ['https://r.example/v1/', 'r.example'],
    ['http://r.example:5000/v2/', 'r.example:5000'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['docker.io', 'docker.io'],
  ])('the key %s is for %s', async (key, registry) => {
    await writeConfig({
      auths: { 'other.example': { auth: base64('x:y') }, [key]: { auth: base64('ci:pa:ss') } },
    });
    expect(await find(registry)).toMatchObject({ username: 'ci', password: 'pa:ss' });
  });

  test.each(['r.example', 'r.example:443', 'sub.r.example', 'example'])(
    'the key r.example:5000 is not for %s',
    async (registry) => {
      await writeConfig({ auths: { 'r.example:5000': { auth: base64('ci:pass') } } });
      expect(await find(registry)).toBeUndefined();
    },
  );

  test('plain fields and identity tokens', async () => {
    await writeConfig({
      auths: { a: { username: 'u', password: 'p' }, b: { auth: base64('<token>:'), identitytoken: 'tok' } },
    });
    expect(await find('a')).toMatchObject({ username: 'u', password: 'p' });
    expect(toAuthConfig('b', await find('b'))).toEqual({ identitytoken: 'tok', serveraddress: 'b' });
  });

  test('an empty entry (a store holds the secret) is none', async () => {
    await writeConfig({ auths: { 'r.example': {} } });
    expect(await find('r.example')).toBeUndefined();
  });

  test.each([
    [{ auth: '!!' }],
    [{ auth: base64('nocolon') }],
    [{ auth: base64(':nouser') }],
    [{ auth: 7 }],
    ['text'],
  ])('a broken entry %j is an error that does not repeat it', async (entry) => {
    await writeConfig({ auths: { 'r.example': entry } });
    const error = (await find('r.example').catch((e: unknown) => e)) as Error;
    expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE' });
    expect(error.message).not.toMatch(/nocolon|nouser/);
  });

  test('no file, no credentials', async () => {
    expect(await find('r.example')).toBeUndefined();
    expect(toAuthConfig('r.example', undefined)).toEqual({ serveraddress: 'r.example' });
  });
});

describe('helpers', () => {
  test('the registry is written to stdin of docker-credential-NAME get', async () => {
    await writeHelper(
      'ours',
      `cat > "${folder}/asked"; echo "$1" >> "${folder}/asked"; ${answer('ci', 'pass')}`,
    );
    await writeConfig({ credHelpers: { 'r.example': 'ours' } });
    expect(await find('r.example')).toMatchObject({
      username: 'ci',
      password: 'pass',
      source: expect.stringContaining('docker-credential-ours'),
    });
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe('r.example\nget\n');
  });

  test('a token is an identity token; Docker Hub is asked for by its old address', async () => {
    await writeHelper(
      'store',
      `read -r server; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"$server\\"}"`,
    );
    await writeConfig({ credsStore: 'store' });
    expect(await find('docker.io')).toMatchObject({ identityToken: 'https://index.docker.io/v1/' });
  });

  test('a helper for one registry wins over the store', async () => {
    await writeHelper('one', answer('one', 'x'));
    await writeHelper('all', answer('all', 'x'));
    await writeConfig({ credHelpers: { 'r.example': 'one' }, credsStore: 'all' });
    expect(await find('r.example')).toMatchObject({ username: 'one' });
    expect(await find('s.example')).toMatchObject({ username: 'all' });
  });

  test('one that has nothing gives way to auths', async () => {
    await writeHelper('empty', 'echo "credentials not found in native keychain"; exit 1');
    await writeConfig({ credsStore: 'empty', auths: { 'r.example': { auth: base64('a:b') } } });
    expect(await find('r.example')).toMatchObject({ username: 'a' });
  });

  test.each([
    ['ends badly', 'echo hunter2; exit 3', 'ended with exit code 3'],
    ['talks nonsense', 'echo hunter2', 'did not answer with a user name and a secret'],
    ['leaves the secret out', `echo '{"Username":"hunter2"}'`, 'did not answer'],
  ])('one that %s is an error without its words', async (_, script, reason) => {
    await writeHelper('bad', script);
    await writeConfig({ credsStore: 'bad' });
    const error = (await find('r.example').catch((e: unknown) => e)) as Error;
    expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE' });
    expect(error.message).toContain(reason);
    expect(error.message).not.toContain('hunter2');
  });

  test('one that is not installed', async () => {
    await writeConfig({ credsStore: 'nowhere-at-all' });
    await expect(find('r.example')).rejects.toThrow('docker-credential-nowhere-at-all is not installed');
  });

  test.each(['../../bin/sh', 'a b', 'a;touch x', '', '-x', 'a/b', 'a\u0000b', 'x'.repeat(65)])(
    'the name %j never starts a program',
    async (name) => {
      await writeConfig({ credHelpers: { 'r.example': name } });
      await expect(find('r.example')).rejects.toThrow('is not the name of a credential helper');
    },
  );
});

test.each([
  ['registry.example/iris', 'registry.example', true],
  ['localhost/iris', 'localhost', true],
  ['host:5000/a/b', 'host:5000', true],
  ['iris', 'docker.io', false],
  ['team/iris', 'docker.io', false],
])('%s belongs to %s', (repository, registry, named) => {
  expect(registryOf(repository)).toBe(registry);
  expect(hasRegistry(repository)).toBe(named);
});

function answer(user: string, secret: string): string {
  return `echo '${JSON.stringify({ ServerURL: '', Username: user, Secret: secret })}'`;
}

async function writeHelper(name: string, script: string): Promise<void> {
  const file = join(folder, `docker-credential-${name}`);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}
