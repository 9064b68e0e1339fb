import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildImage } from '../../src/build-image/build-image.ts';
import { type PushOptions, push } from '../../src/push/push.ts';
import { fakePackage } from '../build-image/fake-package.ts';
import { ensureBaseImage } from '../provision/base-image.ts';
import { obtain } from '../provision/cannot-provision.ts';
import { ensureDocker } from '../provision/docker.ts';
import { type Registry, startRegistry } from '../provision/registry.ts';
import { type Between, cuttingProxy, refusingProxy } from '../push/faulty-registry.ts';

const engine = await obtain(ensureDocker);
const login = { user: 'ci', password: 'correct-horse' };
const run = randomBytes(4).toString('hex');

describe.skipIf(engine === undefined)('push against a real engine and registry', () => {
  const docker = new Docker({ socketPath: engine!.socketPath });
  const image = `mdeploy-e2e/push-${run}:3`;
  const closers: (() => Promise<unknown>)[] = [];
  let registry: Registry;
  let folder: string;
  let root: string;
  let base: string;
  let count = 0;

  beforeAll(async () => {
    base = await ensureBaseImage(engine!.socketPath);
    registry = await startRegistry({ auth: login });
    folder = await mkdtemp(join(tmpdir(), 'mdeploy-push-'));
    const made = await fakePackage({
      base,
      files: { 'model/model.onnx': randomBytes(3_000_000).toString('hex') },
    });
    root = made.root;
    await buildImage({ root, tags: [image], env: environment() });
  });

  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  afterAll(async () => {
    for (const { RepoTags } of await docker.listImages()) {
      for (const tag of RepoTags ?? [])
        if (tag.includes(run)) await docker.getImage(tag).remove({ force: true });
    }
    await registry.stop();
    for (const path of [folder, root]) await rm(path, { recursive: true });
  });

  function environment(more: Record<string, string> = {}) {
    return {
      PATH: process.env.PATH,
      HOME: folder,
      DOCKER_HOST: engine!.host,
      DOCKER_CONFIG: folder,
      ...more,
    };
  }

  const own = { MDEPLOY_REGISTRY_USERNAME: login.user, MDEPLOY_REGISTRY_PASSWORD: login.password };

  // A repository of its own each time: the engine does not send a layer again that it knows to be there.
  const fresh = (host = registry.host) => `${host}/team/${run}-${count++}`;

  const send = (to: string, options: Partial<PushOptions> = {}) =>
    push({ image, to, env: environment(own), ...options });

  async function held(reference: string): Promise<string | undefined> {
    const [, path, tag] = /^[^/]+\/(.+):([^:]+)$/.exec(reference)!;
    const reply = await fetch(`${registry.url}/v2/${path}/manifests/${tag}`, {
      method: 'HEAD',
      headers: {
        authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`,
        accept: 'application/vnd.docker.distribution.manifest.v2+json',
      },
    });
    return reply.headers.get('docker-content-digest') ?? undefined;
  }

  test('every tag points to the digest that is told and written', async () => {
    const to = fresh();
    const digestFile = join(folder, 'digest');
    const seen: string[] = [];
    const pushed = await send(to, {
      tags: ['3', 'latest'],
      digestFile,
      onProgress: (text) => seen.push(text),
    });
    expect(pushed).toMatchObject({
      image,
      names: [`${to}:3`, `${to}:latest`],
      reference: `${to}@${pushed.digest}`,
    });
    expect(pushed.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await readFile(digestFile, 'utf8')).toBe(`${pushed.digest}\n`);
    expect(await held(`${to}:3`)).toBe(pushed.digest);
    expect(await held(`${to}:latest`)).toBe(pushed.digest);
    expect(seen.join('\n')).toMatch(/6 of 6 layers/);
    expect(seen.join('\n')).not.toContain(login.password);
  });

  test('pulled by digest it is the same image', async () => {
    const pushed = await send(fresh());
    const before = await docker.getImage(image).inspect();
    const authconfig = { username: login.user, password: login.password, serveraddress: registry.host };
    const stream = await docker.pull(pushed.reference, { authconfig });
    await new Promise((resolve, reject) =>
      docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve(undefined))),
    );
    expect((await docker.getImage(pushed.reference).inspect()).Id).toBe(before.Id);
  });

  describe('credentials', () => {
    const auth = Buffer.from(`${login.user}:${login.password}`).toString('base64');

    async function config(document: object): Promise<Record<string, string>> {
      const place = join(folder, `config-${count++}`);
      await mkdir(place);
      await writeFile(join(place, 'config.json'), JSON.stringify(document));
      return { DOCKER_CONFIG: place };
    }

    test('of docker login', async () => {
      const env = environment(await config({ auths: { [registry.host]: { auth } } }));
      expect((await send(fresh(), { env })).digest).toMatch(/^sha256:/);
    });

    test('of a credential helper', async () => {
      const helper = join(folder, 'docker-credential-e2e');
      const answer = JSON.stringify({
        ServerURL: registry.host,
        Username: login.user,
        Secret: login.password,
      });
      await writeFile(helper, `#!/bin/sh\ncat > /dev/null\necho '${answer}'\n`);
      await chmod(helper, 0o755);
      const place = await config({ credHelpers: { [registry.host]: 'e2e' } });
      const env = environment({ ...place, PATH: `${folder}:${process.env.PATH}` });
      expect((await send(fresh(), { env })).digest).toMatch(/^sha256:/);
    });

    test('a wrong password: no retry, the source is named, the password is not', async () => {
      const startMs = performance.now();
      const env = environment({ ...own, MDEPLOY_REGISTRY_PASSWORD: 'wrong-horse' });
      const error = (await send(fresh(), { env }).catch((e: unknown) => e)) as Error;
      expect(error).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', exit: 3 });
      expect(error.message).toContain('MDEPLOY_REGISTRY_USERNAME');
      expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('wrong-horse');
      expect(performance.now() - startMs).toBeLessThan(5_000);
    });

    test('none at all', async () => {
      await expect(send(fresh(), { env: environment() })).rejects.toMatchObject({
        code: 'REGISTRY_UNAUTHORIZED',
        message: expect.stringContaining('a push without a login, and none is known'),
        remedy: expect.stringContaining(`docker login ${registry.host}`),
      });
    });

    test('a private base image is pulled with them where MDEPLOY_REGISTRY names its registry', async () => {
      const to = fresh();
      await push({ image: base, to, tags: ['b'], env: environment(own) });
      await docker.getImage(`${to}:b`).remove();
      const made = await fakePackage({ base: `${to}:b` });
      try {
        const plan = { root: made.root, tags: [`mdeploy-e2e/${run}-private:1`] };
        for (const env of [environment(), environment(own)])
          await expect(buildImage({ ...plan, env })).rejects.toMatchObject({
            code: 'BUILD_BASE_UNAVAILABLE',
            message: expect.stringContaining('the registry wants a login'),
          });
        const meant = environment({ ...own, MDEPLOY_REGISTRY: registry.host });
        expect((await buildImage({ ...plan, env: meant })).tags).toHaveLength(1);
      } finally {
        await rm(made.root, { recursive: true });
      }
    });
  });

  describe('a registry that is not there', () => {
    test.each([
      ['127.0.0.1:1/team/iris', 'nothing listens at 127.0.0.1:1'],
      ['no-such-registry.invalid/team/iris', 'the host name no-such-registry.invalid'],
    ])('%s', async (to, reason) => {
      await expect(send(to)).rejects.toMatchObject({
        code: 'REGISTRY_UNREACHABLE',
        exit: 3,
        message: expect.stringContaining(reason),
      });
      await expect(docker.getImage(`${to}:3`).inspect()).rejects.toMatchObject({ statusCode: 404 });
    });
  });

  describe('a registry that misbehaves', () => {
    async function between(made: Promise<Between>): Promise<Between> {
      const proxy = await made;
      closers.push(proxy.close);
      return proxy;
    }

    test('429 three times, then it works', async () => {
      const proxy = await between(refusingProxy(registry.host, { status: 429, match: /POST/, times: 3 }));
      const seen: string[] = [];
      const to = fresh(proxy.host);
      const pushed = await send(to, { onRetry: (text) => seen.push(text) });
      expect(proxy.faults()).toBe(3);
      expect(seen.join('\n')).toMatch(/takes no more requests for now \(429\); try 2 of 5 in \d+\.\d s/);
      expect(await held(`${to}:3`)).toBe(pushed.digest);
    });

    test('503 for the manifest twice, then it works; layers are not sent again', async () => {
      const match = /PUT .*\/manifests\//;
      const proxy = await between(refusingProxy(registry.host, { status: 503, match, times: 2 }));
      const to = fresh(proxy.host);
      const pushed = await send(to);
      expect(proxy.faults()).toBe(2);
      expect(await held(`${to}:3`)).toBe(pushed.digest);
    });

    test('503 for a layer a few times is retried by the engine itself', async () => {
      const proxy = await between(
        refusingProxy(registry.host, { status: 503, match: /POST .*uploads/, times: 2 }),
      );
      const seen: string[] = [];
      await send(fresh(proxy.host), { onProgress: (text) => seen.push(text) });
      expect(seen.join('\n')).toMatch(/layer [0-9a-f]+ again in \d+ seconds?/);
    });

    test('503 for ever: an error with the number of tries, and no tag', async () => {
      const match = /PUT .*\/manifests\//;
      const proxy = await between(refusingProxy(registry.host, { status: 503, match, times: 999 }));
      const to = fresh(proxy.host);
      await expect(send(to, { retries: 1 })).rejects.toMatchObject({
        code: 'REGISTRY_UNAVAILABLE',
        exit: 3,
        message: expect.stringMatching(/2 tries: it answers 503/),
      });
      expect(await held(`${to}:3`)).toBeUndefined();
    });

    test('a right that is missing', async () => {
      const body = '{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}';
      const options = { status: 403, match: /PUT .*\/manifests\//, times: 9, body };
      const proxy = await between(refusingProxy(registry.host, options));
      await expect(send(fresh(proxy.host))).rejects.toMatchObject({ code: 'REGISTRY_DENIED', exit: 3 });
    });

    test('a web server that is no registry', async () => {
      const options = { status: 404, match: /./, times: 999, body: '<html>' };
      const proxy = await between(refusingProxy(registry.host, options));
      await expect(send(fresh(proxy.host))).rejects.toMatchObject({ code: 'REGISTRY_REFUSED', exit: 3 });
    });

    test('a connection that is always cut in the middle: interrupted, and no tag', async () => {
      const proxy = await between(cuttingProxy(registry.host, 200_000));
      const to = fresh(proxy.host);
      const digestFile = join(folder, 'never');
      await expect(send(to, { retries: 0, digestFile })).rejects.toMatchObject({
        code: 'REGISTRY_INTERRUPTED',
        exit: 3,
        message: expect.stringMatching(/was cut while pushing, 1 times/),
      });
      expect(proxy.faults()).toBeGreaterThan(1);
      expect(await held(`${to}:3`)).toBeUndefined();
      await expect(readFile(digestFile)).rejects.toThrow('ENOENT');
    });

    test('a connection that is cut three times and then holds', async () => {
      const proxy = await between(cuttingProxy(registry.host, 200_000, 3));
      const to = fresh(proxy.host);
      const pushed = await send(to);
      expect(proxy.faults()).toBe(3);
      expect(await held(`${to}:3`)).toBe(pushed.digest);
    });
  });

  test('an image that is not here', async () => {
    await expect(push({ image: `${fresh()}:9`, env: environment(own) })).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      exit: 2,
    });
  });

  test('a digest file that cannot be written is told before anything is sent', async () => {
    const to = fresh();
    const digestFile = join(folder, 'nowhere/digest');
    await expect(send(to, { digestFile })).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    expect(await held(`${to}:3`)).toBeUndefined();
  });

  test('no engine', async () => {
    const env = environment({ ...own, DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
    await expect(send(fresh(), { env })).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', exit: 3 });
  });
});
