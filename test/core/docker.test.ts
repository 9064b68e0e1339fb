import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { connectionFault } from '../../src/core/docker/connection-fault.ts';
import { engineFault } from '../../src/core/docker/faults.ts';
import { sshArguments } from '../../src/core/docker/ssh-agent.ts';
import { connect } from '../../src/core/docker.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const about = { Version: '29.1.0', ApiVersion: '1.52', MinAPIVersion: '1.44', Os: 'linux', Arch: 'arm64' };

describe('connect', () => {
  test('asks for the version, then speaks the oldest level both know', async () => {
    const paths: string[] = [];
    const host = await engine((request, response) => {
      paths.push(request.url!);
      response.setHeader('content-type', 'application/json').end(JSON.stringify(about));
    });
    const found = await connect({ DOCKER_HOST: host });
    expect(found).toMatchObject({ version: '29.1.0', platform: 'linux/arm64' });
    await found.docker.info();
    expect(paths).toEqual(['/version', '/v1.44/info']);
  });

  test('an old engine that knows 1.41 is spoken to in 1.41', async () => {
    const paths: string[] = [];
    const host = await engine((request, response) => {
      paths.push(request.url!);
      response.end(JSON.stringify({ ...about, ApiVersion: '1.41', MinAPIVersion: '1.12' }));
    });
    await (await connect({ DOCKER_HOST: host })).docker.info();
    expect(paths[1]).toBe('/v1.41/info');
  });

  test('an engine before 20.10 is too old', async () => {
    const host = await engine((_, response) =>
      response.end(JSON.stringify({ ...about, Version: '19.03.5', ApiVersion: '1.40' })),
    );
    await expect(connect({ DOCKER_HOST: host })).rejects.toMatchObject({
      code: 'ENGINE_TOO_OLD',
      exit: 3,
      message: expect.stringMatching(/19\.03\.5 .*API 1\.40/),
    });
  });

  test('DOCKER_HOST of this process does not lead dockerode elsewhere', async () => {
    const host = await engine((_, response) => response.end(JSON.stringify(about)));
    const saved = process.env.DOCKER_HOST;
    try {
      process.env.DOCKER_HOST = 'tcp://elsewhere.invalid:1';
      expect(await connect({ DOCKER_HOST: host })).toMatchObject({ version: '29.1.0' });
      expect(process.env.DOCKER_HOST).toBe('tcp://elsewhere.invalid:1');
    } finally {
      if (saved === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = saved;
    }
  });

  test.each([
    ['no socket', 'unix:///nonexistent/docker.sock', 'there is no such socket'],
    ['nobody listening', 'tcp://127.0.0.1:1', 'the connection is refused'],
    ['an unknown host', 'tcp://no-such-host.invalid:2375', 'the host name'],
  ])('%s is one clear error', async (_, host, reason) => {
    await expect(connect({ DOCKER_HOST: host })).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      exit: 3,
      message: expect.stringContaining(reason),
      remedy: expect.stringContaining('DOCKER_HOST'),
    });
  });

  test('something else at the address is said', async () => {
    const host = await engine((_, response) => response.end('<html>'));
    await expect(connect({ DOCKER_HOST: host })).rejects.toThrow('is not a Docker engine');
  });

  test('a connection that is closed at once', async () => {
    const server = createTcpServer((socket) => socket.destroy());
    await listen(server);
    const { port } = server.address() as AddressInfo;
    await expect(connect({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })).rejects.toThrow(
      'the connection was closed',
    );
  });

  test('TLS towards a plain port', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mdeploy-tls-'));
    closers.push(() => rm(folder, { recursive: true }));
    const host = await engine((_, response) => response.end(JSON.stringify(about)));
    const env = { DOCKER_HOST: host, DOCKER_TLS: '1', DOCKER_CERT_PATH: folder };
    await expect(connect(env)).rejects.toMatchObject({ code: 'ENGINE_TLS', exit: 3 });
  });
});

describe('connectionFault', () => {
  const socket = { kind: 'socket', address: 'unix:///s', source: 'default' } as const;
  const withCode = (code: string, more: object = {}) => Object.assign(new Error('words'), { code, ...more });

  test.each([
    ['EACCES', 'ENGINE_FORBIDDEN'],
    ['EPERM', 'ENGINE_FORBIDDEN'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'ENGINE_TLS'],
    ['CERT_HAS_EXPIRED', 'ENGINE_TLS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'ENGINE_TLS'],
    ['ECONNREFUSED', 'ENGINE_UNREACHABLE'],
    ['ABORT_ERR', 'ENGINE_UNREACHABLE'],
    ['EWHATEVER', 'ENGINE_UNREACHABLE'],
  ])('%s → %s', (code, row) => {
    expect(connectionFault(withCode(code), socket)).toMatchObject({ code: row, exit: 3 });
  });

  test.each([
    ['ENETUNREACH', 'there is no network to it from here.'],
    ['EHOSTUNREACH', 'the host cannot be reached.'],
    ['ETIMEDOUT', 'it does not answer in time.'],
    ['ESTRANGE', 'ESTRANGE.'],
    ['', 'no reason is given.'],
  ])('an error without words and the code "%s" still has a reason', (code, reason) => {
    const error = Object.assign(new AggregateError([]), { code });
    const place = { kind: 'tcp', address: 'tcp://10.255.255.1:2375', source: 'DOCKER_HOST' } as const;
    expect(connectionFault(error, place).message).toBe(
      `No Docker engine answers at tcp://10.255.255.1:2375 (DOCKER_HOST): ${reason}`,
    );
  });

  test('a plain request to a TLS engine tells the variable to set', () => {
    const error = Object.assign(new Error('Client sent an HTTP request to an HTTPS server.'), {
      statusCode: 400,
    });
    const place = { kind: 'tcp', address: 'tcp://h:2376', source: 'DOCKER_HOST' } as const;
    expect(connectionFault(error, place).message).toContain('DOCKER_TLS_VERIFY=1');
  });

  test('what ssh said is passed on', () => {
    const place = { kind: 'ssh', address: 'ssh://h', source: 'DOCKER_HOST' } as const;
    const words = 'Host key verification failed.\n';
    expect(connectionFault(withCode('ECONNRESET'), place, words).message).toContain(
      'Host key verification failed.',
    );
    expect(connectionFault(withCode('ENOENT'), place).message).toContain('ssh is not installed');
  });
});

describe('engineFault', () => {
  test.each([
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'ENGINE_LOST'],
    [Object.assign(new Error('x'), { code: 'ENOENT' }), 'ENGINE_LOST'],
    [Object.assign(new Error('write /a: no space left on device'), { statusCode: 500 }), 'ENGINE_DISK_FULL'],
    [Object.assign(new Error('(HTTP code 500) server error - what '), { statusCode: 500 }), 'ENGINE_REFUSED'],
  ])('%o → %s', (error, code) => {
    expect(engineFault(error, 'naming the image')).toMatchObject({
      code,
      exit: 3,
      message: expect.stringContaining('naming the image'),
    });
  });

  test("only the engine's own words are shown", () => {
    const error = Object.assign(new Error('(HTTP code 409) conflict - unable to remove '), {
      statusCode: 409,
    });
    expect(engineFault(error, 's').message).toBe('The Docker engine refused: s: unable to remove.');
  });
});

describe('ssh', () => {
  test('the host stands behind --, the questions are off', () => {
    const words = sshArguments({ user: 'ci', host: 'build.example', port: 2222 });
    expect(words.join(' ')).toBe(
      '-o BatchMode=yes -o ConnectTimeout=10 -l ci -p 2222 -- build.example docker system dial-stdio',
    );
  });

  test.each([
    [
      'before the connection ends',
      'echo "Warning: hot day" >&2; echo "Permission denied (publickey)." >&2; exit 255',
    ],
    [
      'after it',
      'exec >&- <&-; sleep 0.2; echo "Warning: hot day" >&2; echo "Permission denied (publickey)." >&2',
    ],
  ])('the last line it says %s is told', async (_, script) => {
    await withSsh(`#!/bin/sh\n${script}\n`, async () => {
      await expect(connect({ DOCKER_HOST: 'ssh://build.example' })).rejects.toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        exit: 3,
        message:
          'No Docker engine answers at ssh://build.example (DOCKER_HOST): Permission denied (publickey).',
      });
    });
  });

  test('a whole call goes through the program', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mdeploy-ssh-'));
    closers.push(() => rm(folder, { recursive: true }));
    const host = await engine((_, response) => response.end(JSON.stringify(about)));
    const port = new URL(host).port;
    const bridge = `import { connect } from 'node:net';
const socket = connect(${port}, '127.0.0.1');
process.stdin.pipe(socket).pipe(process.stdout);
`;
    await writeFile(join(folder, 'bridge.mjs'), bridge);
    const script = `#!/bin/sh\nexec "${process.execPath}" "${join(folder, 'bridge.mjs')}"\n`;
    await withSsh(script, async () => {
      const found = await connect({ DOCKER_HOST: 'ssh://ci@build.example' });
      expect(found).toMatchObject({ version: '29.1.0', endpoint: { kind: 'ssh', user: 'ci' } });
    });
  });
});

/** With a program of ours called ssh. */
async function withSsh(script: string, work: () => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mdeploy-ssh-'));
  closers.push(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'ssh'), script, { mode: 0o755 });
  const saved = process.env.PATH;
  process.env.PATH = `${folder}:${saved}`;
  try {
    await work();
  } finally {
    process.env.PATH = saved;
  }
}

async function engine(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await listen(server);
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
}
