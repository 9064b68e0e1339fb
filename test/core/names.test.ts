import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fitModelName,
  grammars,
  parseImageReference,
  relativePathProblem,
  textProblem,
} from '../../src/core/names.ts';

const hostile = [
  '..',
  '../x',
  '..%2f',
  '%252e',
  'a\\b',
  'a\0b',
  'a∕b',
  'a;b',
  'a#b',
  'a b',
  'a\nb',
  'a\r',
  '$(x)',
  '`x`',
  '${x}',
  '{{x}}',
  'a/b',
  '"',
  "'",
  '',
  'é',
  'a\u202eb',
  'x'.repeat(1000),
];

describe('grammars', () => {
  test.each(hostile)('%j is no name, version, label, variable, tag or digest', (text) => {
    for (const key of [
      'modelName',
      'version',
      'label',
      'envName',
      'imageTag',
      'imageDigest',
      'word',
    ] as const)
      expect(grammars[key].test(text), key).toBe(false);
  });

  test.each(['iris', '_x', '9', 'a.b-c_D', 'x'.repeat(128)])('%s is a model name', (text) => {
    expect(grammars.modelName.test(text)).toBe(true);
  });

  test.each(['0', '3', '123456789', '0.1.0', '1.2.3-rc.1', '1.0.0-alpha-2', '1.0.0-0a'])(
    '%s is a version',
    (text) => {
      expect(grammars.version.test(text)).toBe(true);
    },
  );

  test.each([
    '',
    '01',
    '1.2',
    '1.2.3.4',
    '-1',
    '1.0.0-',
    '1.0.0-a..b',
    '1.0.0-01',
    '1.0.0+x',
    'v1',
    '1e3',
    '1234567890',
    `1.0.0-${'a'.repeat(100)}`,
  ])('%j is no version', (text) => {
    expect(grammars.version.test(text)).toBe(false);
  });

  test('end on a line break is never accepted', () => {
    for (const grammar of Object.values(grammars)) {
      expect(grammar.test('a\n')).toBe(false);
      expect(grammar.test('1\n')).toBe(false);
    }
  });

  test('take linear time', () => {
    const texts = [
      'a'.repeat(5e4),
      'a-'.repeat(2e4),
      '-'.repeat(5e4),
      'a.'.repeat(2e4),
      '0'.repeat(5e4),
      `${'a_'.repeat(2e4)}!`,
      `1.0.0-${'0'.repeat(5e4)}`,
    ];
    const begin = performance.now();
    for (const grammar of Object.values(grammars)) for (const text of texts) grammar.test(text);
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});

describe('parseImageReference', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  test.each([
    ['iris', { repository: 'iris' }],
    ['iris:1.0', { repository: 'iris', tag: '1.0' }],
    ['localhost:5000/a/b', { repository: 'localhost:5000/a/b' }],
    ['localhost:5000/a/b:c', { repository: 'localhost:5000/a/b', tag: 'c' }],
    [`reg.example/a@${digest}`, { repository: 'reg.example/a', digest }],
    [`reg.example/a:1@${digest}`, { repository: 'reg.example/a', tag: '1', digest }],
  ])('%s', (text, reference) => {
    expect(parseImageReference(text)).toEqual(reference);
  });

  test.each([
    '',
    ':1',
    'A',
    'a/B',
    'a//b',
    '/a',
    'a/',
    'a:',
    'a:-',
    'a@sha256:12',
    'a b',
    'a\nb',
    'a:1\nRUN x',
    'host:99999/a',
    'a/../b',
    '-a',
    'http://a/b',
    'a'.repeat(256),
    'a'.repeat(10_000),
  ])('%j is none', (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  });
});

describe('relativePathProblem', () => {
  test.each([
    'model.onnx',
    'a/b/c.json',
    'my model (1).onnx',
    '模型/重み.onnx',
    'a-b_c+d@e=f~.txt',
    '.hidden',
    'x'.repeat(255),
  ])('%j stays inside', (path) => {
    expect(relativePathProblem(path)).toBeUndefined();
  });

  test.each([
    ['', 'empty'],
    ['/etc/passwd', 'absolute'],
    ['C:/x', 'absolute'],
    ['c:x', 'absolute'],
    ['..', 'leaves'],
    ['a/../../b', 'leaves'],
    ['a/..', 'leaves'],
    ['a\\b', 'backslash'],
    ['a//b', 'empty part'],
    ['a/', 'empty part'],
    ['./a', 'stray dot'],
    ['a/./b', 'stray dot'],
    ['a./b', 'stray dot'],
    [' a', 'stray dot or space'],
    ['a /b', 'stray dot or space'],
    ['a\0', 'U+0000'],
    ['a\nb', 'U+000A'],
    ['a\u202egnp', 'U+202E'],
    ['a\u2215b', '"∕"'],
    ['a\uff0fb', '"／"'],
    ['..%2fx', '"%"'],
    ['a*', '"*"'],
    ['a$b', '"$"'],
    ['ab:stream', '":"'],
    ['\ud800', 'U+D800'],
    ['con', 'device'],
    ['a/NUL.txt', 'device'],
    ['a'.repeat(256), '255'],
    ['a/'.repeat(300), '512'],
  ])('%j does not: %s', (path, why) => {
    expect(relativePathProblem(path)).toContain(why);
  });

  test('whatever passes never leaves the folder, on any platform', async () => {
    const { posix, win32 } = await import('node:path');
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), pathLike), (path) => {
        if (relativePathProblem(path) !== undefined) return;
        expect(posix.resolve('/root/of', path).startsWith('/root/of/')).toBe(true);
        expect(win32.resolve('C:\\root\\of', path).startsWith('C:\\root\\of\\')).toBe(true);
        expect(posix.normalize(path)).toBe(path);
      }),
      { numRuns: 1000 },
    );
  });
});

const pathLike = fc
  .array(fc.constantFrom('a', '..', '.', '/', '\\', ':', 'C', ' ', '%2e', '\0', 'é'))
  .map((parts) => parts.join(''));

describe('textProblem', () => {
  test.each(['', 'a "b" \'c\' #d', '日本語 🙂', 'a: b', '{x}'])('%j is one printable line', (text) => {
    expect(textProblem(text, 100)).toBeUndefined();
  });

  test.each([
    '\n',
    '\r',
    '\t',
    '\0',
    '\x1b[31m',
    '\x7f',
    '\x85',
    '\u2028',
    '\u2029',
    '\u202e',
    '\u2066',
    '\u200e',
    '\ufeff',
    '\udc00',
  ])('%j is refused by name', (text) => {
    expect(textProblem(`a${text}b`, 100)).toMatch(/^it has the character U\+[0-9A-F]{4}$/);
  });

  test('length is capped', () => {
    expect(textProblem('abc', 2)).toBe('it is longer than 2 characters');
  });
});

describe('fitModelName', () => {
  test.each([
    ['iris', 'iris'],
    ['My Model (2)', 'My-Model-2'],
    ['Größe', 'Große'.replace('ß', '-')],
    ['..', 'model'],
    ['', 'model'],
    ['模型', 'model'],
    ['.hidden', 'hidden'],
  ])('%j → %s', (text, name) => {
    expect(fitModelName(text)).toBe(name);
  });

  test('always gives a model name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) =>
        grammars.modelName.test(fitModelName(text)),
      ),
    );
  });
});
