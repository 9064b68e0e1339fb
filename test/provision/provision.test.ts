// Proves that what provisioning hands out really works: every other engine test stands on this.
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureBaseImage } from './base-image.ts';
import { obtain } from './cannot-provision.ts';
import { pause, runCommand } from './command.ts';
import { ensureDocker, privateDocker } from './docker.ts';
import { callDocker, isEngineAnswering } from './docker-api.ts';
import { ensureLocale } from './locale.ts';
import { ensureNode, type NodeMajor } from './nodes.ts';
import { isAlive } from './processes.ts';
import { ensureVenv } from './python.ts';
import { startRegistry } from './registry.ts';

const hardened = [
  '--read-only',
  '--cap-drop',
  'ALL',
  '--security-opt',
  'no-new-privileges',
  '--network',
  'none',
];
const login = { user: 'ci', password: 'pass word' };
const docker = await obtain(ensureDocker);
const socketPath = docker?.socketPath ?? '';

function runDocker(args: readonly string[], host = docker?.host ?? ''): Promise<string> {
  return runCommand('docker', args, { env: { DOCKER_HOST: host } });
}

describe.skipIf(docker === undefined)('docker engine', () => {
  it('answers', async () => {
    expect(await isEngineAnswering(socketPath)).toBe(true);
    expect(JSON.parse((await callDocker(socketPath, '/version')).body)).toHaveProperty('ApiVersion');
  });

  it('is found, not started again, by calls at the same time', async () => {
    const engines = await Promise.all([ensureDocker(), ensureDocker()]);
    expect(engines.map((engine) => engine.startedByUs)).toEqual([false, false]);
    expect(engines.map((engine) => engine.socketPath)).toEqual([socketPath, socketPath]);
  });

  it('can be had a second time, privately, and killed without harm to the first', async () => {
    const own = await privateDocker();
    let containerPid = 0;
    try {
      const image = await ensureBaseImage(own.socketPath);
      expect((await runDocker(['run', '--rm', image, 'node', '-p', '6*7'], own.host)).trim()).toBe('42');
      await runDocker(
        ['run', '--detach', '--name', 'left', image, 'node', '-e', 'setTimeout(() => 0, 6e5)'],
        own.host,
      );
      containerPid = Number(await runDocker(['inspect', '--format', '{{.State.Pid}}', 'left'], own.host));
      process.kill(own.pid, 'SIGKILL');
      while (isAlive(own.pid)) await pause(20);
      expect(await isEngineAnswering(own.socketPath)).toBe(false);
    } finally {
      await own.stop();
    }
    expect(isAlive(containerPid)).toBe(false);
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(
      own.socketPath.replace('/docker.sock', ''),
    );
    expect(await isEngineAnswering(socketPath)).toBe(true);
    const image = await ensureBaseImage(socketPath);
    expect(await runDocker(['run', '--rm', '--network', 'bridge', image, 'node', '-p', '6*7'])).toBe('42\n');
  });
});

describe.skipIf(docker === undefined)('base image', () => {
  it.each([false, true])(
    'runs node as user 10001, read-only, without capabilities (locale: %s)',
    async (locale) => {
      const image = await ensureBaseImage(socketPath, { locale });
      const script = `const fs = require('node:fs');
      const status = fs.readFileSync('/proc/self/status', 'utf8');
      const write = () => { try { fs.writeFileSync('/tmp/x', ''); return 'written'; } catch (e) { return e.code; } };
      console.log(JSON.stringify({
        uid: process.getuid(), gid: process.getgid(), cwd: process.cwd(), major: process.versions.node.split('.')[0],
        capabilities: /CapEff:\\s*(\\w+)/.exec(status)[1], noNewPrivileges: /NoNewPrivs:\\s*(\\d)/.exec(status)[1],
        write: write(), hasShell: fs.existsSync('/bin/sh') || fs.existsSync('/usr/bin/sh'),
        hasLocale: fs.existsSync('/usr/lib/locale/en_US.utf8/LC_CTYPE'),
      }))`;
      expect(JSON.parse(await runDocker(['run', '--rm', ...hardened, image, 'node', '-e', script]))).toEqual({
        uid: 10001,
        gid: 10001,
        cwd: '/app',
        major: '26',
        capabilities: '0000000000000000',
        noNewPrivileges: '1',
        write: 'EROFS',
        hasShell: false,
        hasLocale: locale,
      });
    },
  );

  it('is kept while its sources are the same', async () => {
    const image = await ensureBaseImage(socketPath);
    const before = await runDocker(['image', 'inspect', '--format', '{{.Id}}', image]);
    await ensureBaseImage(socketPath);
    expect(await runDocker(['image', 'inspect', '--format', '{{.Id}}', image])).toBe(before);
  });
});

describe.skipIf(docker === undefined)('registry', () => {
  it('takes a push without login when none is asked for', async () => {
    const registry = await startRegistry();
    try {
      const image = `${registry.host}/base:1`;
      await runDocker(['tag', await ensureBaseImage(socketPath), image]);
      await runDocker(['push', image]).finally(() => runDocker(['rmi', image]));
      const tags = await fetch(`${registry.url}/v2/base/tags/list`);
      expect(await tags.json()).toEqual({ name: 'base', tags: ['1'] });
    } finally {
      await registry.stop();
    }
    await expect(fetch(registry.url)).rejects.toThrow();
  });

  it('answers 401 without login and 200 with it, by TLS', async () => {
    const registry = await startRegistry({ auth: login, tls: true });
    try {
      const ca = await readFile(registry.caFile ?? '');
      expect(await readStatus(`${registry.url}/v2/`, { ca })).toBe(401);
      expect(await readStatus(`${registry.url}/v2/`, { ca, auth: `${login.user}:wrong` })).toBe(401);
      expect(await readStatus(`${registry.url}/v2/`, { ca, auth: `${login.user}:${login.password}` })).toBe(
        200,
      );
      await expect(readStatus(`${registry.url}/v2/`, {})).rejects.toThrow(/self-signed/);
      const image = `${registry.host}/base:1`;
      await runDocker(['tag', await ensureBaseImage(socketPath), image]);
      await expect(runDocker(['push', image])).rejects.toThrow(/no basic auth credentials/);
      await runDocker(['rmi', image]);
    } finally {
      await registry.stop();
    }
  });
});

describe('tools', () => {
  it('locale en_US.UTF-8 is there', async () => {
    const name = await obtain(ensureLocale);
    if (name === undefined) return;
    expect(await runCommand('locale', ['charmap'], { env: { LC_ALL: name } })).toBe('UTF-8\n');
  });

  it.each<NodeMajor>([22, 24, 26])('node %i runs', async (major) => {
    const node = await obtain(() => ensureNode(major));
    if (node === undefined) return;
    expect(await runCommand(node, ['-p', 'process.versions.node.split(".")[0]'])).toBe(`${major}\n`);
  });

  it('a python environment is kept, and made anew when its packages change', async () => {
    const before = await obtain(() => ensureVenv('provision-test', ['six==1.16.0']));
    if (before === undefined) return;
    const readVersion = () => runCommand(before.python, ['-c', 'import six; print(six.__version__)']);
    expect(await readVersion()).toBe('1.16.0\n');
    await writeFile(join(before.folder, 'kept'), '');
    await ensureVenv('provision-test', ['six==1.16.0']);
    expect(await readFile(join(before.folder, 'kept'), 'utf8')).toBe('');
    await ensureVenv('provision-test', ['six==1.17.0']);
    expect(await readVersion()).toBe('1.17.0\n');
  });
});

function readStatus(url: string, options: { ca?: Buffer; auth?: string }): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const message = get(url, { ...options, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    message.once('error', reject);
  });
}
