import { describe, expect, test } from 'vitest';
import type { ImageConfig } from '../../src/build-image/builder.ts';
import { checkHardening } from '../../src/build-image/hardening.ts';
import { imageLabels } from '../../src/build-image/labels.ts';
import { imageNames } from '../../src/build-image/names.ts';
import { assertPlatform, choosePlatform } from '../../src/build-image/platform.ts';
import type { PackageLock } from '../../src/repository/lock.ts';

const good: ImageConfig = {
  user: '10001:10001',
  entrypoint: ['node', 'server.mjs'],
  command: [],
  healthcheck: ['CMD', 'node', '-e', '1'],
  ports: [8501],
};

describe('checkHardening', () => {
  test('the standard image passes without a word', () => {
    expect(checkHardening(good)).toEqual([]);
  });

  test.each<[Partial<ImageConfig>, string]>([
    [{ user: '' }, 'it runs as root'],
    [{ user: '0' }, 'it runs as root'],
    [{ user: '0:0' }, 'it runs as root'],
    [{ user: '00' }, 'it runs as root'],
    [{ user: 'root' }, 'its user "root" is not a number'],
    [{ user: 'node' }, 'its user "node" is not a number'],
    [{ user: ':10001' }, 'it runs as root'],
    [{ entrypoint: ['/bin/sh', '-c', 'node server.mjs'] }, 'a shell starts it'],
    [{ entrypoint: ['/usr/bin/bash', '-c', 'node'] }, 'a shell starts it'],
    [{ entrypoint: [], command: ['/bin/sh', '-c', 'node'] }, 'a shell starts it'],
    [{ entrypoint: [], command: [] }, 'it has nothing to start'],
  ])('%j is refused', (change, problem) => {
    expect(() => checkHardening({ ...good, ...change })).toThrow(
      expect.objectContaining({
        code: 'IMAGE_NOT_HARDENED',
        exit: 1,
        message: expect.stringContaining(problem),
        remedy: expect.stringMatching(/USER|ENTRYPOINT/),
      }),
    );
  });

  test.each([
    [[], 'no HEALTHCHECK'],
    [['NONE'], 'no HEALTHCHECK'],
    [['CMD-SHELL', 'curl localhost'], 'needs a shell'],
    [['CMD', '/bin/sh', '-c', 'curl'], 'needs a shell'],
  ])('a healthcheck %j is warned of', (healthcheck, words) => {
    expect(checkHardening({ ...good, healthcheck })).toEqual([expect.stringContaining(words)]);
  });
});

describe('imageNames', () => {
  const iris = { name: 'Iris', version: '3' };

  test.each<[string | undefined, string[], string[]]>([
    [undefined, [], ['iris:3']],
    ['r.example/team/iris', [], ['r.example/team/iris:3']],
    ['r.example/iris', ['latest', '3'], ['r.example/iris:latest', 'r.example/iris:3']],
    ['r.example/iris', ['other.example/x'], ['other.example/x:3']],
    [undefined, ['localhost:5000/iris'], ['localhost:5000/iris:3']],
    [undefined, ['a/b:c', 'a/b:c'], ['a/b:c']],
    [undefined, ['V1.0_x'], ['iris:V1.0_x']],
  ])('repository %s, tags %j → %j', (repository, tags, names) => {
    expect(imageNames(iris, repository, tags)).toEqual(names);
  });

  test.each(['r.example/Iris', 'a b', 'x:y:z', '-rm', 'a/../b', 'a\n', '', `a@sha256:${'0'.repeat(64)}`])(
    '%j is refused',
    (tag) => {
      expect(() => imageNames(iris, undefined, [tag])).toThrow(
        expect.objectContaining({ code: 'IMAGE_NAME_INVALID', exit: 2 }),
      );
    },
  );

  test('a model name that no image can have asks for --tag', () => {
    expect(() => imageNames({ name: '_iris', version: '3' }, undefined, [])).toThrow(
      expect.objectContaining({ code: 'IMAGE_NAME_INVALID', message: expect.stringContaining('_iris') }),
    );
  });
});

describe('choosePlatform', () => {
  test.each([
    [undefined, ['linux/amd64'], 'linux/amd64', 'linux/amd64'],
    [undefined, ['linux/amd64', 'linux/arm64'], 'linux/arm64', 'linux/arm64'],
    [undefined, ['linux/arm64'], 'linux/amd64', 'linux/arm64'],
    ['linux/arm64', ['linux/amd64', 'linux/arm64'], 'linux/amd64', 'linux/arm64'],
  ])('%s of %j on %s → %s', (asked, packaged, engine, platform) => {
    expect(choosePlatform(asked, packaged, engine, false)).toBe(platform);
  });

  test.each([
    [
      'linux/arm64',
      ['linux/amd64'],
      'linux/amd64',
      false,
      'the package holds the runtime for linux/amd64 only',
    ],
    [undefined, ['linux/arm64', 'linux/s390x'], 'linux/amd64', false, 'linux/arm64, linux/s390x only'],
    ['linux/arm64', ['linux/amd64', 'linux/arm64'], 'linux/amd64', true, '--smoke cannot start it'],
    ['plan9', ['linux/amd64'], 'linux/amd64', false, 'linux/amd64 only'],
  ])('%s of %j on %s with smoke %s is refused', (asked, packaged, engine, smoke, reason) => {
    expect(() => choosePlatform(asked, packaged, engine, smoke)).toThrow(
      expect.objectContaining({ code: 'BUILD_PLATFORM', exit: 2, message: expect.stringContaining(reason) }),
    );
  });

  test('the base image decides in the end', () => {
    expect(() => assertPlatform('linux/amd64', 'linux/amd64', 'base:1')).not.toThrow();
    expect(() => assertPlatform('linux/arm64', 'linux/amd64', 'base:1')).toThrow(
      expect.objectContaining({
        code: 'BUILD_PLATFORM',
        message: expect.stringContaining('base:1 is for linux/amd64'),
        remedy: expect.stringContaining('docker pull --platform linux/arm64 base:1'),
      }),
    );
  });
});

describe('imageLabels', () => {
  const lock = {
    name: 'iris',
    version: '3',
    base: 'node:26-slim',
    runtime: { name: 'onnxruntime-node', version: '1.30.0' },
  } as PackageLock;

  test('has the OCI keys and no time', () => {
    expect(imageLabels(lock, 'Flowers', {}, undefined)).toMatchObject({
      'org.opencontainers.image.title': 'iris',
      'org.opencontainers.image.version': '3',
      'org.opencontainers.image.description': 'Flowers',
      'org.opencontainers.image.base.name': 'node:26-slim',
      'io.mdeploy.model.name': 'iris',
      'io.mdeploy.runtime': 'onnxruntime-node 1.30.0',
    });
    expect(imageLabels(lock, '', {}, undefined)).not.toHaveProperty('org.opencontainers.image.created');
    expect(imageLabels(lock, '', {}, undefined)).not.toHaveProperty('org.opencontainers.image.description');
  });

  test.each([
    ['0', '1970-01-01T00:00:00Z'],
    ['1700000000', '2023-11-14T22:13:20Z'],
    ['', undefined],
    ['yesterday', undefined],
    ['-5', undefined],
  ])('SOURCE_DATE_EPOCH=%s → %s', (seconds, created) => {
    expect(imageLabels(lock, '', {}, seconds)['org.opencontainers.image.created']).toBe(created);
  });

  test("the manifest's own labels win", () => {
    const own = { 'org.opencontainers.image.title': 'Mine', team: 'ml' };
    expect(imageLabels(lock, '', own, undefined)).toMatchObject(own);
  });
});
