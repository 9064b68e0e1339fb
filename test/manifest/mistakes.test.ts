import { describe, expect, test } from 'vitest';
import { checkManifest } from '../../src/manifest/check.ts';
import { type Mistake, ok } from './mistakes/mistake.ts';
import { mistakes1 } from './mistakes/part-1.ts';
import { mistakes2 } from './mistakes/part-2.ts';
import { mistakes3 } from './mistakes/part-3.ts';

const mistakes: readonly Mistake[] = [...mistakes1, ...mistakes2, ...mistakes3];

describe('every kind of mistake has its own answer', () => {
  test('there are enough of them, all different', () => {
    expect(mistakes.length).toBeGreaterThanOrEqual(40);
    expect(new Set(mistakes.map(({ what }) => what)).size).toBe(mistakes.length);
  });

  test.each(mistakes)('$what', ({ text, code, path, hint, expected, received }) => {
    const mark = text.indexOf('§');
    const written = text.replace('§', '');
    const { draft, problems } = checkManifest(written, 'model.yaml', {
      environment: {},
      transforms: ['softmax', 'top_k', 'scale'],
    });
    expect(draft).toBeUndefined();
    const found = problems.find((problem) => problem.code === code);
    expect(problems.map((problem) => `${problem.code} ${problem.message}`)).toEqual([
      expect.stringContaining(code),
    ]);
    expect(found?.exit).toBe(2);
    const before = written.slice(0, Math.max(0, mark));
    if (mark >= 0)
      expect(found?.details.at).toMatchObject({
        file: 'model.yaml',
        line: before.split('\n').length,
        column: mark - before.lastIndexOf('\n'),
      });
    if (path !== undefined) expect(found?.details.at?.path).toBe(path);
    expect(found?.remedy).toContain(hint);
    if (expected !== undefined) expect(found?.details.expected).toContain(expected);
    if (received !== undefined) expect(found?.details.received).toBe(received);
    expect(`${found?.message}${found?.remedy}`).not.toMatch(/undefined|\[object|Invalid (?:string|input)/);
  });

  test('a secret is never repeated in the error', () => {
    const { problems } = checkManifest(`${ok}image: {env: {API_KEY: hunter2}}`, 'model.yaml');
    expect(JSON.stringify(problems[0]?.details) + problems[0]?.message + problems[0]?.remedy).not.toContain(
      'hunter2',
    );
  });

  test('all mistakes of a file are found at once, in the order of the file', () => {
    const text =
      'nme: a\nmodel: {path: /m}\nserving: {timeout_ms: x}\nimage: {base: "a b", repository: "${R}/x"}\n';
    const { problems } = checkManifest(text, 'model.yaml', { environment: {} });
    expect(problems.map(({ code, details }) => `${code} ${details.at?.line} ${details.at?.path}`)).toEqual([
      'MANIFEST_MISSING 1 name',
      'MANIFEST_KEY_UNKNOWN 1 nme',
      'MANIFEST_INVALID 2 model.path',
      'MANIFEST_INVALID 3 serving.timeout_ms',
      'MANIFEST_INVALID 4 image.base',
      'MANIFEST_PLACEHOLDER_UNSET 4 image.repository',
    ]);
  });
});
