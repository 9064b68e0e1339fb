import { randomBytes } from 'node:crypto';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BuildImageOptions, buildImage } from '../../src/build-image/build-image.ts';
import { lockName, printLock } from '../../src/repository/lock.ts';
import {
  canaries,
  dockerfileOf,
  type FakePackage,
  type FakePackageOptions,
  fakePackage,
} from '../build-image/fake-package.ts';
import { leftovers } from '../build-image/leftovers.ts';
import { ensureBaseImage } from '../provision/base-image.ts';
import { obtain } from '../provision/cannot-provision.ts';
import { ensureDocker, privateDocker } from '../provision/docker.ts';

const engine = await obtain(ensureDocker);
const repository = `mdeploy-e2e/image-${randomBytes(4).toString('hex')}`;

describe.skipIf(engine === undefined)('build-image against a real engine', () => {
  const docker = new Docker({ socketPath: engine!.socketPath });
  const env = { ...process.env, DOCKER_HOST: engine!.host };
  const folders: string[] = [];
  let base: string;

  beforeAll(async () => {
    base = await ensureBaseImage(engine!.socketPath);
  });

  // Others may work with this engine, too.
  let before: readonly string[];

  beforeEach(async () => {
    before = await leftovers(docker);
  });

  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
    for (const image of await docker.listImages({ filters: { reference: [repository] } })) {
      for (const tag of image.RepoTags ?? []) await docker.getImage(tag).remove();
    }
    expect((await leftovers(docker)).filter((id) => !before.includes(id))).toEqual([]);
  });

  async function make(options: FakePackageOptions = {}): Promise<FakePackage> {
    const made = await fakePackage({ base, ...options });
    folders.push(made.root);
    return made;
  }

  const build = ({ root }: FakePackage, options: Partial<BuildImageOptions> = {}) =>
    buildImage({ root, repository, env, ...options });

  const exists = (name: string) =>
    docker
      .getImage(name)
      .inspect()
      .then(
        () => true,
        () => false,
      );

  test('names, labels and layers, each with its size', async () => {
    const made = await make();
    const steps: string[] = [];
    const built = await build(made, {
      tags: ['3', 'latest'],
      description: 'Flowers',
      labels: { team: 'ml' },
      onProgress: (text) => steps.push(text),
      env: { ...env, SOURCE_DATE_EPOCH: '1700000000' },
    });
    expect(built.tags).toEqual([`${repository}:3`, `${repository}:latest`]);
    const found = await docker.getImage(`${repository}:latest`).inspect();
    expect(found).toMatchObject({ Id: built.id, Size: built.bytes, Config: { User: '10001:10001' } });
    expect(found.Config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'iris',
      'org.opencontainers.image.description': 'Flowers',
      'org.opencontainers.image.created': '2023-11-14T22:13:20Z',
      team: 'ml',
    });
    expect(built.layers.map(({ instruction }) => instruction)).toEqual([
      `FROM ${base}`,
      'COPY ["node_modules/", "node_modules/"]',
      'COPY ["server.mjs", "./"]',
      'COPY ["model/model.onnx", "model/"]',
      'COPY ["model/model.yaml", "model/"]',
      'COPY ["mdeploy.lock.json", "./"]',
    ]);
    expect(built.layers.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(built.bytes);
    expect(steps.filter((text) => text.endsWith(`, FROM ${base}`))).toHaveLength(1);
    expect(built.warnings).toEqual([]);
  });

  test('only the layer of what changed is new', async () => {
    const first = await build(await make({ files: { 'model/model.onnx': 'one' } }), { tags: ['one'] });
    const second = await build(await make({ files: { 'model/model.onnx': 'two' } }), { tags: ['two'] });
    const layers = async (id: string) => (await docker.getImage(id).inspect()).RootFS.Layers ?? [];
    const [one, two] = [await layers(first.id), await layers(second.id)];
    const same = one.findIndex((layer, index) => layer !== two[index]);
    // Base, runtime and server are shared; the model is the first that differs.
    expect(one.length - same).toBe(3);
  });

  test('12 secrets beside the model and a link to a file outside are not in the image', async () => {
    const made = await make();
    for (const name of canaries) {
      await mkdir(join(made.root, name, '..'), { recursive: true });
      // In the sealed folders an extra file is an error of its own, tried below.
      if (!/^(model|node_modules)\//.test(name)) await writeFile(join(made.root, name), `CANARY-${name}`);
    }
    await writeFile('/tmp/mdeploy-outside-canary', 'CANARY-outside');
    folders.push('/tmp/mdeploy-outside-canary');
    await symlink('/tmp/mdeploy-outside-canary', join(made.root, 'outside'));
    const built = await build(made);
    expect(await countInSave(built.id, 'CANARY-')).toBe(0);
    expect(await countInSave(built.id, 'listening')).toBeGreaterThan(0);
  });

  test.each(canaries.filter((name) => /^(model|node_modules)\//.test(name)))(
    'a file %s that the lock does not know stops the build',
    async (name) => {
      const made = await make();
      await writeFile(join(made.root, name), 'CANARY');
      await expect(build(made)).rejects.toMatchObject({ code: 'PACKAGE_FILE_EXTRA' });
    },
  );

  test('a file that is not what the lock promises stops the build', async () => {
    const made = await make();
    await writeFile(join(made.root, 'server.mjs'), 'process.exit()');
    await expect(build(made)).rejects.toMatchObject({ code: 'PACKAGE_FILE_CHANGED', exit: 1 });
  });

  test('an image over max_size is removed, and the old one keeps its name', async () => {
    const good = await build(await make(), { tags: ['x'] });
    const made = await make({ files: { 'model/model.onnx': 'w'.repeat(2_000_000) } });
    await expect(build(made, { tags: ['x'], maxBytes: good.bytes + 1_000_000 })).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
      exit: 1,
      message: expect.stringContaining('Largest layer: FROM'),
    });
    expect((await docker.getImage(`${repository}:x`).inspect()).Id).toBe(good.id);
  });

  test('a limit that an image of the cache breaks does not take that image away', async () => {
    const made = await make();
    const good = await build(made, { tags: ['kept'] });
    await expect(build(made, { tags: ['other'], maxBytes: 1_000_000 })).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    });
    expect((await docker.getImage(`${repository}:kept`).inspect()).Id).toBe(good.id);
    expect(await exists(`${repository}:other`)).toBe(false);
  });

  test.each([
    ['USER root', { USER: 'USER root' }, 'IMAGE_NOT_HARDENED', 'is not a number'],
    ['no USER', { USER: 'USER 0' }, 'IMAGE_NOT_HARDENED', 'runs as root'],
    ['a shell', { ENTRYPOINT: 'ENTRYPOINT node server.mjs' }, 'IMAGE_NOT_HARDENED', 'a shell starts it'],
    ['a missing file', { COPY: 'COPY ["nowhere", "./"]' }, 'BUILD_STEP_FAILED', 'COPY ["nowhere", "./"]'],
    ['a word that is none', { COPY: 'CPOY . .' }, 'BUILD_REFUSED', 'unknown instruction: CPOY'],
    [
      'an unreachable base',
      { FROM: 'FROM 127.0.0.1:1/none:1' },
      'BUILD_BASE_UNAVAILABLE',
      '127.0.0.1:1 refuses',
    ],
    [
      'an unknown base',
      { FROM: 'FROM no-such-host.invalid/none:1' },
      'BUILD_BASE_UNAVAILABLE',
      'not known by name',
    ],
  ])('a template with %s: %j', async (_, changes, code, words) => {
    const made = await make({ dockerfile: dockerfileOf(base, changes as Record<string, string>) });
    const error = await build(made, { tags: ['bad'] }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(await exists(`${repository}:bad`)).toBe(false);
  });

  test('a base image of another platform is found out', async () => {
    const made = await make({ platforms: ['linux/arm64'] });
    await expect(build(made)).rejects.toMatchObject({
      code: 'BUILD_PLATFORM',
      message: expect.stringContaining('is for linux/amd64'),
    });
  });

  describe('--smoke', () => {
    test('runs it read-only, as 10001, without capabilities, and removes it', async () => {
      const seen: Record<string, unknown>[] = [];
      const built = await build(await make(), {
        replay: async (url) => {
          const [running] = await docker.listContainers({ filters: { label: ['io.mdeploy.smoke=true'] } });
          const { HostConfig } = await docker.getContainer(running!.Id).inspect();
          seen.push((await (await fetch(`${url}/`)).json()) as Record<string, unknown>, { ...HostConfig });
          return [{ sample: 's', output: 'o', ok: true, detail: '' }];
        },
      });
      expect(built.smoke).toMatchObject({ ok: true });
      expect(built.tags).toHaveLength(1);
      expect(seen[0]).toMatchObject({ uid: 10001, writable: false });
      expect(seen[1]).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Privileged: false,
      });
      expect(JSON.stringify(seen[1]!.PortBindings)).toContain('"HostIp":"127.0.0.1"');
      expect(seen[1]!.Memory).toBeGreaterThan(500_000_000);
    });

    test('a wrong answer: no name, the log is shown', async () => {
      const logs: string[] = [];
      const built = await build(await make(), {
        replay: async () => [{ sample: 's', output: 'o', ok: false, detail: 'expected 1, received 2' }],
        onLog: (text) => logs.push(text),
      });
      expect(built).toMatchObject({ tags: [], smoke: { ok: false } });
      expect(logs.join()).toContain('listening');
    });

    test('a server that ends: its exit code and its last words', async () => {
      const logs: string[] = [];
      const server = 'console.error("no such model"); process.exit(7);\n';
      const error = await build(await make({ server }), {
        replay: async () => [],
        onLog: (text) => logs.push(text),
      }).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'SMOKE_ENDED', message: expect.stringContaining('exit code 7') });
      expect(logs.join()).toContain('no such model');
    });

    test('a replay that throws leaves nothing behind', async () => {
      const replay = () => Promise.reject(new Error('the replay broke'));
      await expect(build(await make(), { replay })).rejects.toThrow('the replay broke');
    });

    test('no exposed port is told', async () => {
      const made = await make({ dockerfile: dockerfileOf(base, { EXPOSE: '' }) });
      await expect(build(made, { replay: async () => [] })).rejects.toThrow('it exposes no port');
    });
  });

  test('an engine that is killed in the middle: the step, within 5 s', async () => {
    const own = await privateDocker();
    try {
      await ensureBaseImage(own.socketPath);
      const slow = 'RUN ["node", "-e", "setTimeout(() => 0, 120000)"]';
      const made = await make({ dockerfile: dockerfileOf(base, { EXPOSE: `EXPOSE 8501\n${slow}` }) });
      let killedMs = 0;
      const error = await build(made, {
        env: { ...env, DOCKER_HOST: own.host },
        onProgress: (text) => {
          if (!text.includes('RUN') || killedMs > 0) return;
          killedMs = performance.now();
          setTimeout(() => process.kill(own.pid, 'SIGKILL'), 500);
        },
      }).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'ENGINE_LOST', exit: 3, message: expect.stringContaining('RUN') });
      expect(performance.now() - killedMs).toBeLessThan(5_000);
    } finally {
      await own.stop();
    }
  });

  async function countInSave(id: string, text: string): Promise<number> {
    const wanted = Buffer.from(text);
    let count = 0;
    let tail: Buffer = Buffer.alloc(0);
    for await (const chunk of (await docker.getImage(id).get()) as AsyncIterable<Buffer>) {
      const bytes = Buffer.concat([tail, chunk]);
      for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) count++;
      tail = bytes.subarray(Math.max(0, bytes.length - wanted.length + 1));
    }
    return count;
  }

  test('a lock without the model cannot be built', async () => {
    const made = await make();
    await writeFile(
      join(made.root, lockName),
      printLock(made.lock).replace('"name": "iris"', '"name": "../iris"'),
    );
    await expect(build(made)).rejects.toMatchObject({ code: 'LOCK_UNREADABLE' });
  });
});
