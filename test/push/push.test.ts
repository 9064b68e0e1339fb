import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PushProgress } from '../../src/push/progress.ts';
import { push } from '../../src/push/push.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;

let folder: string;
let server: Server;
let env: Record<string, string>;
/** What a made-up engine answers, by the end of the path. */
let answers: { push: (response: ServerResponse) => void; held: string | undefined; recorded: string[] };
let authHeaders: string[];
/** Calls that change names in the engine, and the image each known name is for. */
let renamed: string[];
let names: Map<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdeploy-push-'));
  authHeaders = [];
  renamed = [];
  names = new Map([['iris:3', 'sha256:1']]);
  answers = {
    push: (response) => response.end(`{"status":"Pushed","id":"l"}\n{"aux":{"Digest":"${digest}"}}\n`),
    held: digest,
    recorded: [],
  };
  server = createServer((request, response) => {
    const path = request.url!.replace(/\?.*/, '');
    request.resume();
    if (path === '/version') {
      const about = {
        Version: '20.10',
        ApiVersion: '1.41',
        MinAPIVersion: '1.12',
        Os: 'linux',
        Arch: 'amd64',
      };
      return response.end(JSON.stringify(about));
    }
    if (path.endsWith('/push')) {
      authHeaders.push(String(request.headers['x-registry-auth']));
      return answers.push(response);
    }
    const name = decodeURIComponent(
      path.replace(/^\/v[\d.]+/, '').replace(/^\/images\/|\/(?:json|tag)$/g, ''),
    );
    if (path.endsWith('/tag')) {
      const query = new URL(request.url!, 'http://engine').searchParams;
      renamed.push(`${query.get('repo')}:${query.get('tag')} = ${name}`);
      return response.writeHead(201).end();
    }
    if (request.method === 'DELETE') {
      renamed.push(`no ${name}`);
      return response.end('[]');
    }
    if (path.includes('/distribution/')) {
      return answers.held === undefined
        ? response.writeHead(500).end('{"message":"cannot tell"}')
        : response.end(JSON.stringify({ Descriptor: { digest: answers.held } }));
    }
    if (!names.has(name) && !renamed.some((line) => line.startsWith(`${name} = `)))
      return response.writeHead(404).end('{"message":"No such image"}');
    return response.end(JSON.stringify({ Id: names.get(name) ?? 'sha256:1', RepoDigests: answers.recorded }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  env = { DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_CONFIG: folder };
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const send = (more: object = {}) => push({ image: 'iris:3', to: 'r.example/iris', env, ...more });

describe('the digest is proved', () => {
  test('by the registry', async () => {
    const digestFile = join(folder, 'digest');
    expect(await send({ digestFile })).toMatchObject({ digest, reference: `r.example/iris@${digest}` });
    expect(await readFile(digestFile, 'utf8')).toBe(`${digest}\n`);
  });

  test('another one there is an error, and no digest file is written', async () => {
    answers.held = other;
    const digestFile = join(folder, 'digest');
    await expect(send({ digestFile })).rejects.toMatchObject({
      code: 'PUSH_DIGEST_MISMATCH',
      exit: 3,
      details: { expected: digest, received: other },
    });
    await expect(readFile(digestFile)).rejects.toThrow('ENOENT');
  });

  test("by the engine's record where the registry cannot tell", async () => {
    answers.held = undefined;
    answers.recorded = [`r.example/iris@${digest}`];
    expect(await send()).toMatchObject({ digest });
    answers.recorded = [`elsewhere/iris@${digest}`];
    await expect(send()).rejects.toMatchObject({ code: 'PUSH_DIGEST_MISMATCH' });
  });
});

describe('the engine', () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ['ends in the middle', (response) => response.write('{"status":"x"}\n', () => response.destroy())],
    ['ends its answer early', (response) => response.end('{"status":"x"}\n')],
    ['ends before it answers', (response) => response.destroy()],
  ])('%s: lost, not retried', async (_, answer) => {
    answers.push = answer;
    await expect(send()).rejects.toMatchObject({
      code: 'ENGINE_LOST',
      message: expect.stringContaining('pushing r.example/iris:3'),
    });
    expect(authHeaders).toHaveLength(1);
  });

  test('refuses', async () => {
    answers.push = (response) => response.writeHead(400).end('{"message":"bad header"}');
    await expect(send()).rejects.toMatchObject({
      code: 'ENGINE_REFUSED',
      message: expect.stringContaining('bad header'),
    });
  });

  test('gets the credentials in a header as base64url, and an empty set for anonymous', async () => {
    await send();
    const more = { MDEPLOY_REGISTRY_USERNAME: 'ci', MDEPLOY_REGISTRY_PASSWORD: 'ÿÿ>>??' };
    await send({ env: { ...env, ...more } });
    const [anonymous, named] = authHeaders.map((text) =>
      JSON.parse(Buffer.from(text, 'base64url').toString()),
    );
    expect(anonymous).toEqual({ serveraddress: 'r.example' });
    expect(named).toEqual({ username: 'ci', password: 'ÿÿ>>??', serveraddress: 'r.example' });
    expect(authHeaders.join()).not.toMatch(/[+/]/);
  });
});

test('progress sums the layers', () => {
  const progress = new PushProgress('r/i:1');
  progress.take({ id: 'a', status: 'Preparing' });
  progress.take({ id: 'b', status: 'Pushing', progressDetail: { current: 1_500_000, total: 3_000_000 } });
  expect(progress.take({ id: 'a', status: 'Layer already exists' })).toBe(
    'Pushing r/i:1: 1 of 2 layers, 1.5 MB sent',
  );
  expect(progress.take({ id: 'b', status: 'Retrying in 5 seconds' })).toContain('layer b again in 5 seconds');
  expect(progress.take({ status: 'The push refers to repository [r/i]' })).toBeUndefined();
});

describe('the name in the engine that is only for pushing', () => {
  const refuse = () => {
    answers.push = (response) => response.end('{"error":"denied: no"}\n');
  };

  test('stays after a push', async () => {
    await send();
    expect(renamed).toEqual(['r.example/iris:3 = iris:3']);
  });

  test('goes when the push fails', async () => {
    refuse();
    await expect(send()).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    expect(renamed).toEqual(['r.example/iris:3 = iris:3', 'no r.example/iris:3']);
  });

  test('goes back to the image it was for', async () => {
    names.set('r.example/iris:3', 'sha256:7');
    refuse();
    await expect(send()).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    expect(renamed).toEqual(['r.example/iris:3 = iris:3', 'r.example/iris:3 = sha256:7']);
  });

  test('is left alone where it is the name of the image', async () => {
    names.set('r.example/iris:3', 'sha256:1');
    refuse();
    await expect(send({ image: 'r.example/iris:3', to: undefined })).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
    });
    expect(renamed).toEqual([]);
  });
});
