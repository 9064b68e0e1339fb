import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildImage } from '../../src/build-image/build-image.ts';
import { replaySamples } from '../../src/serve/replay.ts';
import { leftovers } from '../build-image/leftovers.ts';
import { type RealPackage, realPackage } from '../build-image/real-package.ts';
import { type CliOptions, runCli } from '../build-image/run-cli.ts';
import { ensureBaseImage } from '../provision/base-image.ts';
import { obtain } from '../provision/cannot-provision.ts';
import { ensureDocker } from '../provision/docker.ts';

const engine = await obtain(ensureDocker);
const repository = `mdeploy-e2e/example-${randomBytes(4).toString('hex')}`;

describe.skipIf(engine === undefined)('the image of the iris example', () => {
  const docker = new Docker({ socketPath: engine!.socketPath });
  const env = { ...process.env, DOCKER_HOST: engine!.host };
  const cli = (args: string[], options: CliOptions = {}) =>
    runCli(args, { ...options, env: { DOCKER_HOST: engine!.host, ...options.env } });

  // Others may work with this engine, too.
  let before: readonly string[];

  beforeEach(async () => {
    before = await leftovers(docker);
  });

  afterEach(async () => {
    for (const image of await docker.listImages({ filters: { reference: [repository] } })) {
      for (const tag of image.RepoTags ?? []) await docker.getImage(tag).remove();
    }
    expect((await leftovers(docker)).filter((id) => !before.includes(id))).toEqual([]);
  });

  const exists = (name: string) =>
    docker
      .getImage(name)
      .inspect()
      .then(
        () => true,
        () => false,
      );

  let iris: RealPackage;

  beforeAll(async () => {
    iris = await realPackage('iris', await ensureBaseImage(engine!.socketPath));
  });

  afterAll(() => rm(iris.folder, { recursive: true }));

  test('builds, answers its samples locked down, and stays below 175 MB', async () => {
    const built = await buildImage({
      root: iris.root,
      repository,
      env,
      replay: (url) => replaySamples(url, iris.opened),
    });
    expect(built.smoke).toMatchObject({ ok: true });
    expect(built.smoke!.rows.length).toBeGreaterThan(0);
    expect(built.warnings).toEqual([]);
    expect(built.bytes).toBeLessThan(175_000_000);
    // Docker gives the container its own verdict by the image's HEALTHCHECK; here only that there is one.
    const { Config } = await docker.getImage(built.id).inspect();
    expect(Config.Healthcheck?.Test?.[0]).toBe('CMD');
  });

  test('an interrupt during --smoke removes container and network and exits with 130', async () => {
    const running = () => docker.listContainers({ filters: { label: ['io.mdeploy.smoke=true'] } });
    const { code, stderr } = await cli(['build-image', iris.root, '--smoke', '-t', `${repository}:int`], {
      interruptWhen: async () => (await running()).length > 0,
    });
    expect(stderr).toContain('INTERRUPTED');
    expect(code).toBe(130);
    expect(await exists(`${repository}:int`)).toBe(false);
  });

  test('the command: table, exit code 0, --json', async () => {
    const { code, stdout } = await cli([
      'build-image',
      iris.root,
      '--smoke',
      '-t',
      `${repository}:cli`,
      '--json',
    ]);
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as {
      schema_version: number;
      tags: string[];
      smoke: { ok: boolean };
    };
    expect(document).toMatchObject({ schema_version: 1, tags: [`${repository}:cli`], smoke: { ok: true } });
  });

  test('no engine: one clear error, exit code 3', async () => {
    const { code, stdout } = await cli(['build-image', iris.root, '--json'], {
      env: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    });
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ENGINE_UNREACHABLE' } });
  });

  test('--base cannot change a finished package', async () => {
    const { code, stderr } = await cli(['build-image', iris.root, '--base', 'other:1']);
    expect(code).toBe(2);
    expect(stderr).toContain('its Dockerfile is already written');
  });
});
