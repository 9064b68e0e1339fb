import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findEndpoint, isLocal } from '../../../src/core/docker/endpoint.ts';
import { sha256 } from '../../../src/core/hash.ts';

let home: string;
let folder: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mdeploy-docker-'));
  folder = join(home, '.docker');
  await mkdir(folder);
});

afterEach(() => rm(home, { recursive: true }));

const find = (env: Record<string, string> = {}) => findEndpoint({ HOME: home, ...env });

describe('DOCKER_HOST', () => {
  test.each([
    ['unix:///run/user/1000/docker.sock', { kind: 'socket', path: '/run/user/1000/docker.sock' }],
    ['npipe:////./pipe/docker_engine', { kind: 'socket', path: '//./pipe/docker_engine' }],
    ['tcp://build.example:2375', { kind: 'tcp', host: 'build.example', port: 2375 }],
    ['tcp://build.example', { kind: 'tcp', host: 'build.example', port: 2375 }],
    ['10.0.0.7:4243', { kind: 'tcp', host: '10.0.0.7', port: 4243 }],
    ['tcp://[::1]:2375', { kind: 'tcp', host: '::1', port: 2375 }],
    ['ssh://ci@build.example:2222', { kind: 'ssh', user: 'ci', host: 'build.example', port: 2222 }],
    ['ssh://build.example', { kind: 'ssh', host: 'build.example' }],
  ])('%s', async (address, expected) => {
    expect(await find({ DOCKER_HOST: address })).toEqual({ ...expected, address, source: 'DOCKER_HOST' });
  });

  test.each([
    ['unix://', 'the path of the socket is missing'],
    ['tcp://', 'it is not an address'],
    ['http://build.example', 'http:// is not supported'],
    ['fd://', 'it is not an address'],
    ['tcp://a/b', 'there is something behind host and port'],
    ['ssh://build.example/path', 'there is something behind host and port'],
    ['ssh://-oProxyCommand=touch%20x', 'the host name begins with a dash'],
    ['ssh://-l@build.example', 'the user name is not plain'],
    ['ssh://a%20b@build.example', 'the user name is not plain'],
  ])('%s is refused', async (address, reason) => {
    await expect(find({ DOCKER_HOST: address })).rejects.toMatchObject({
      code: 'ENGINE_ADDRESS_INVALID',
      exit: 2,
      message: expect.stringContaining(reason),
    });
  });

  test('a password in it is refused and not repeated', async () => {
    const error = await find({ DOCKER_HOST: 'ssh://ci:hunter2@build.example' }).catch((e: Error) => e);
    expect(error).toMatchObject({ code: 'ENGINE_ADDRESS_INVALID' });
    expect(String(error)).not.toContain('hunter2');
  });

  test('whatever stands there, ssh never gets an option', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        const found = await find({ DOCKER_HOST: `ssh://${text}` }).catch(() => undefined);
        if (found?.kind !== 'ssh') return;
        expect(found.host).not.toMatch(/^-|\s/);
        expect(found.user ?? 'none').toMatch(/^\w[\w.-]*$/);
      }),
    );
  });
});

describe('TLS from the environment', () => {
  const tcp = { DOCKER_HOST: 'tcp://build.example:2376' };

  test('DOCKER_TLS_VERIFY reads DOCKER_CERT_PATH', async () => {
    await writeCertificates(join(home, 'certs'), ['ca', 'cert', 'key']);
    const found = await find({ ...tcp, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: join(home, 'certs') });
    expect(found).toMatchObject({ tls: { ca: 'ca', cert: 'cert', key: 'key', verify: true } });
  });

  test('DOCKER_TLS alone does not verify; the default folder is that of the client', async () => {
    await writeCertificates(folder, ['cert', 'key']);
    expect(await find({ ...tcp, DOCKER_TLS: '1' })).toMatchObject({
      tls: { cert: 'cert', key: 'key', verify: false },
    });
  });

  test.each([
    [[], 'ca.pem does not exist'],
    [['ca', 'cert'], 'key.pem does not exist'],
    [['ca', 'key'], 'cert.pem does not exist'],
  ])('half of it is an error: %j', async (files, reason) => {
    await writeCertificates(folder, files);
    await expect(find({ ...tcp, DOCKER_TLS_VERIFY: '1' })).rejects.toMatchObject({
      code: 'ENGINE_TLS',
      message: expect.stringContaining(reason),
    });
  });

  test('the port tells nothing: without a wish there is no TLS', async () => {
    expect(await find(tcp)).not.toHaveProperty('tls');
  });
});

describe('contexts', () => {
  test('DOCKER_HOST wins over DOCKER_CONTEXT, which wins over the current context', async () => {
    await writeContext('one', 'unix:///one.sock');
    await writeContext('two', 'unix:///two.sock');
    await writeFile(join(folder, 'config.json'), '{"currentContext": "one"}');
    expect(await find()).toMatchObject({ path: '/one.sock', source: 'Docker context "one"' });
    expect(await find({ DOCKER_CONTEXT: 'two' })).toMatchObject({ path: '/two.sock' });
    const both = { DOCKER_CONTEXT: 'two', DOCKER_HOST: 'unix:///three.sock' };
    expect(await find(both)).toMatchObject({ path: '/three.sock', source: 'DOCKER_HOST' });
  });

  test('the context "default" is the default socket', async () => {
    await writeFile(join(folder, 'config.json'), '{"currentContext": "one"}');
    expect(await find({ DOCKER_CONTEXT: 'default' })).toMatchObject({ kind: 'socket', source: 'default' });
  });

  test('TLS material lies in the folder of the context', async () => {
    await writeContext('far', 'tcp://build.example:2376', { SkipTLSVerify: false });
    await writeCertificates(join(folder, 'contexts/tls', sha256('far'), 'docker'), ['ca', 'cert', 'key']);
    expect(await find({ DOCKER_CONTEXT: 'far' })).toMatchObject({
      kind: 'tcp',
      host: 'build.example',
      tls: { ca: 'ca', cert: 'cert', key: 'key', verify: true },
    });
  });

  test('SkipTLSVerify is honoured, and no files mean no TLS', async () => {
    await writeContext('far', 'tcp://build.example', { SkipTLSVerify: true });
    expect(await find({ DOCKER_CONTEXT: 'far' })).toMatchObject({ port: 2375 });
    await writeCertificates(join(folder, 'contexts/tls', sha256('far'), 'docker'), ['ca']);
    expect(await find({ DOCKER_CONTEXT: 'far' })).toMatchObject({
      port: 2376,
      tls: { ca: 'ca', verify: false },
    });
  });

  test('an unknown one is an error that lists the known', async () => {
    await writeContext('ci', 'unix:///ci.sock');
    await expect(find({ DOCKER_CONTEXT: 'cy' })).rejects.toMatchObject({
      code: 'DOCKER_CONTEXT_UNKNOWN',
      message: expect.stringContaining('DOCKER_CONTEXT'),
      remedy: expect.stringContaining('default, ci'),
    });
  });

  test('a context without an address is an error naming the file', async () => {
    const file = join(folder, 'contexts/meta', sha256('bad'), 'meta.json');
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, '{"Name": "bad", "Endpoints": {}}');
    await expect(find({ DOCKER_CONTEXT: 'bad' })).rejects.toMatchObject({
      code: 'DOCKER_CONFIG_INVALID',
      details: { at: { file } },
    });
  });
});

describe('config.json', () => {
  test.each(['{', '[]', '"text"', '{"auths": {"r": {"auth": "c2VjcmV0"'])('%s is refused', async (text) => {
    await writeFile(join(folder, 'config.json'), text);
    const error = (await find().catch((e: unknown) => e)) as Error;
    expect(error).toMatchObject({ code: 'DOCKER_CONFIG_INVALID', exit: 2 });
    expect(error.message).not.toContain('c2Vj');
    expect(error.cause).toBeUndefined();
  });

  test('DOCKER_CONFIG names another folder', async () => {
    const other = join(home, 'other');
    await mkdir(other);
    await writeFile(join(other, 'config.json'), '{"currentContext": "nowhere"}');
    await expect(find({ DOCKER_CONFIG: other })).rejects.toMatchObject({ code: 'DOCKER_CONTEXT_UNKNOWN' });
  });

  test('none at all is the default engine', async () => {
    expect(await find({ DOCKER_CONFIG: join(home, 'none') })).toMatchObject({ source: 'default' });
  });
});

test('only sockets and loopback addresses are local', async () => {
  const local = async (address: string) => isLocal(await find({ DOCKER_HOST: address }));
  expect(await local('unix:///x')).toBe(true);
  expect(await local('tcp://127.0.0.1:2375')).toBe(true);
  expect(await local('tcp://[::1]:2375')).toBe(true);
  expect(await local('tcp://localhost')).toBe(true);
  expect(await local('tcp://localhost.example')).toBe(false);
  expect(await local('ssh://localhost')).toBe(false);
});

async function writeCertificates(into: string, names: readonly string[]): Promise<void> {
  await mkdir(into, { recursive: true });
  for (const name of names) await writeFile(join(into, `${name}.pem`), name);
}

async function writeContext(name: string, host: string, more: object = {}): Promise<void> {
  const meta = join(folder, 'contexts/meta', sha256(name));
  await mkdir(meta, { recursive: true });
  const document = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, ...more } } };
  await writeFile(join(meta, 'meta.json'), JSON.stringify(document));
}
