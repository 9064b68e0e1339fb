import { describe, expect, test } from 'vitest';
import { pushTargets } from '../../src/push/targets.ts';

const names = (image: string, to?: string, tags: string[] = []) =>
  pushTargets(image, to, tags).map((target) => `${target.registry} ${target.repository}:${target.tag}`);

describe('pushTargets', () => {
  test('the image names its registry', () => {
    expect(names('r.example:5000/team/iris:3')).toEqual(['r.example:5000 r.example:5000/team/iris:3']);
    expect(names('docker.io/me/iris')).toEqual(['docker.io docker.io/me/iris:latest']);
  });

  test('--to replaces the repository and keeps the tag', () => {
    expect(names('iris:3', 'r.example/iris')).toEqual(['r.example r.example/iris:3']);
    expect(names('iris:3', 'r.example/iris:prod')).toEqual(['r.example r.example/iris:prod']);
  });

  test('--tag pushes each once', () => {
    expect(names('r.example/iris:3', undefined, ['3', 'latest', '3'])).toEqual([
      'r.example r.example/iris:3',
      'r.example r.example/iris:latest',
    ]);
  });

  test.each(['iris:3', 'team/iris:3', 'iris'])('%s names no registry: the line to type is told', (image) => {
    const path = image.replace(/:.*/, '');
    expect(() => pushTargets(image, undefined, [])).toThrow(
      expect.objectContaining({
        code: 'PUSH_NO_REGISTRY',
        exit: 2,
        remedy: expect.stringContaining(`mdeploy push ${image} --to REGISTRY/${path}`),
      }),
    );
  });

  test.each([
    ['r.example/Iris:3', undefined, [], 'write it in lower case: r.example/iris:3'],
    ['r.example/iris:3 --rm', undefined, [], 'grammar'],
    ['iris:3', 'r.example/iris\nx', [], 'grammar'],
    ['iris:3', `r.example/iris@sha256:${'a'.repeat(64)}`, [], 'a digest cannot be chosen'],
    ['iris:3', 'r.example/iris', ['a/b'], 'as a tag'],
    ['iris:3', 'r.example/iris', ['a:b'], 'as a tag'],
    [`r.example/iris@sha256:${'a'.repeat(64)}`, undefined, [], 'it has no tag'],
  ])('%s to %s as %j is refused', (image, to, tags, reason) => {
    expect(() => pushTargets(image, to, tags)).toThrow(
      expect.objectContaining({ code: 'IMAGE_NAME_INVALID', message: expect.stringContaining(reason) }),
    );
  });
});
