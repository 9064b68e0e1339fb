import { describe, expect, test } from 'vitest';
import { checkManifest } from '../../src/manifest/check.ts';
import { maxManifestBytes, readYaml } from '../../src/manifest/yaml.ts';

const codes = (text: string) => readYaml(text, 'f.yaml').problems.map(({ code }) => code);

describe('readYaml', () => {
  test('reads YAML 1.2 as the core schema has it', () => {
    const text = 'a: [1, 0x10, 1.5e3, no, yes, on, ~, null, true, 2020-01-01, 1_000]\nb: "\\u00e9"\n';
    const { data, problems } = readYaml(text, 'f.yaml');
    expect(problems).toEqual([]);
    expect(data).toEqual({
      a: [1, 16, 1500, 'no', 'yes', 'on', null, null, true, '2020-01-01', '1_000'],
      b: 'é',
    });
  });

  test('reads JSON, comments, and Windows line ends', () => {
    expect(readYaml('{"a": {"b": [1, 2]}}', 'f').data).toEqual({ a: { b: [1, 2] } });
    expect(readYaml('# top\r\na: 1 # one\r\nb:\r\n  c: 2\r\n', 'f').data).toEqual({ a: 1, b: { c: 2 } });
  });

  test('names the place of keys and values', () => {
    const { locate } = readYaml('a: 1\nb:\n  - x: 1\n  - "y z": {c: 2}\n', 'f.yaml');
    expect(locate(['a'])).toEqual({ file: 'f.yaml', line: 1, column: 4, path: 'a' });
    expect(locate(['a'], 'key')).toEqual({ file: 'f.yaml', line: 1, column: 1, path: 'a' });
    expect(locate(['b', 1, 'y z', 'c'])).toEqual({
      file: 'f.yaml',
      line: 4,
      column: 16,
      path: 'b[1]["y z"].c',
    });
    expect(locate(['b', 1, 'y z', 'c'], 'key')).toMatchObject({ line: 4, column: 13 });
  });

  test('names the deepest place there is for what is missing', () => {
    const { locate } = readYaml('a:\n  b: {c: 1}\n', 'f.yaml');
    expect(locate(['a', 'b', 'zz', 'y'])).toMatchObject({ line: 2, column: 6, path: 'a.b.zz.y' });
    expect(locate(['a', 'b', 'c', 'd'])).toMatchObject({ line: 2, column: 10 });
    expect(locate([])).toMatchObject({ line: 1, column: 1, path: '' });
  });

  test('refuses a file above the cap before reading it', () => {
    expect(codes(`a: ${'x'.repeat(maxManifestBytes)}`)).toEqual(['MANIFEST_TOO_LARGE']);
    expect(codes(`a: ${'é'.repeat(maxManifestBytes / 2)}`)).toEqual(['MANIFEST_TOO_LARGE']);
    expect(codes(`a: ${'x'.repeat(maxManifestBytes - 3)}`)).toEqual([]);
  });

  test.each([
    ['flow lists', '['.repeat(30_000)],
    ['flow maps', '{a: '.repeat(30_000)],
    ['block lists', '- '.repeat(30_000)],
    ['complex keys', '? '.repeat(30_000)],
    ['closed lists', `${'['.repeat(40)}${']'.repeat(40)}`],
  ])('depth is capped: %s', (_, text) => {
    expect(codes(text)).toEqual(['MANIFEST_TOO_DEEP']);
  });

  test('32 levels are allowed, 33 are not', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
    expect(codes(nested(32))).toEqual([]);
    expect(codes(nested(33))).toEqual(['MANIFEST_TOO_DEEP']);
  });

  test('an alias bomb is refused without being expanded', () => {
    const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`);
    const begin = performance.now();
    const found = codes(`a0: &a0 [x]\n${levels.join('\n')}\n`);
    expect(new Set(found)).toEqual(new Set(['MANIFEST_FEATURE']));
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'the key %s never reaches a prototype',
    (key) => {
      const { data } = readYaml(`${key}: {polluted: true}\n`, 'f');
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      if (key === '__proto__') expect(data).toBeUndefined();
      else expect(Object.keys(data as object)).toEqual([key]);
    },
  );

  test('custom and binary tags are refused', () => {
    expect(codes('a: !foo 1')).toContain('MANIFEST_FEATURE');
    expect(codes('a: !!binary aGk=')).toContain('MANIFEST_FEATURE');
    expect(codes('a: !!js/function "x"')).toContain('MANIFEST_FEATURE');
  });

  test('a storm of faults is cut short', () => {
    expect(codes('a: @x\n'.repeat(500)).length).toBeLessThanOrEqual(20);
  });

  test.each([
    ['20,000 keys', Array.from({ length: 20_000 }, (_, i) => `k${i.toString(36)}:`).join('\n')],
    ['a key of 200,000 characters', `${'k'.repeat(200_000)}: 1`],
    ['50,000 entries', `protocols: [${'a,'.repeat(50_000)}]`],
    ['a text of 200,000 characters', `description: "${'x'.repeat(200_000)}"`],
  ])('%s take little time to refuse', (_, text) => {
    // Of this thread, so that a busy machine does not count.
    const begin = process.threadCpuUsage();
    const { problems } = checkManifest(`${text}\nserving: {protocols: [${'tfs,'.repeat(5000)}]}\n`, 'f');
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(300);
    expect(process.threadCpuUsage(begin).user / 1000).toBeLessThan(5000);
  });
});
