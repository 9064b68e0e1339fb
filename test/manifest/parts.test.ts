import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { datatypes } from '../../src/core/tensor.ts';
import { patternOf } from '../../src/manifest/later.ts';
import { datatypeSpellings, toDatatype, toDim } from '../../src/manifest/normalise.ts';
import { showPath, valueAt } from '../../src/manifest/path.ts';
import { fillPlaceholders } from '../../src/manifest/placeholders.ts';
import { show } from '../../src/manifest/problems.ts';
import { secretIn } from '../../src/manifest/secrets.ts';

describe('datatypes', () => {
  test('every name of the protocol, in every case and prefix, is itself', () => {
    for (const name of datatypes)
      for (const written of [
        name,
        name.toLowerCase(),
        `TYPE_${name}`,
        `tensor(${name.toLowerCase()})`,
        ` ${name} `,
      ])
        expect(toDatatype(written), written).toBe(name);
  });

  test('every spelling that is suggested is understood', () => {
    for (const spelling of datatypeSpellings) expect(datatypes).toContain(toDatatype(spelling));
  });

  test.each(['', 'bfloat16', 'complex64', 'tensor()', 'seq(float)', 'int128', 'constructor'])(
    '%j is none',
    (text) => {
      expect(toDatatype(text)).toBeUndefined();
    },
  );

  test('axes', () => {
    expect([-1, null, '?', 0, 4, 'batch'].map(toDim)).toEqual(['', '', '', 0, 4, 'batch']);
  });
});

describe('key paths', () => {
  test.each([
    [['a', 'b'], 'a.b', 'a.b'],
    [['inputs', 0, 'shape', 12], 'inputs[0].shape[12]', 'inputs[].shape[]'],
    [['env', 'a b'], 'env["a b"]', 'env.a b'],
    [[], '', ''],
  ])('%j', (path, shown, pattern) => {
    expect(showPath(path)).toBe(shown);
    expect(patternOf(path)).toBe(pattern);
  });

  test('values are own ones only', () => {
    expect(valueAt({ a: [{ b: 1 }] }, ['a', 0, 'b'])).toBe(1);
    expect(valueAt({ a: 1 }, ['a', 'b'])).toBeUndefined();
    expect(valueAt({}, ['constructor'])).toBeUndefined();
    expect(valueAt(null, ['a'])).toBeUndefined();
  });
});

describe('placeholders', () => {
  const fill = (repository: unknown, environment: Record<string, string> = {}) =>
    fillPlaceholders({ image: { repository, kept: 1 }, name: '${A}' }, environment, () => ({}), []);

  test('leave the given data and every other field alone', () => {
    const data = Object.freeze({
      name: '${A}',
      image: Object.freeze({ repository: '${A}/x', env: { X: '${A}' } }),
    });
    expect(fillPlaceholders(data, { A: 'b' }, () => ({}), [])).toEqual({
      name: '${A}',
      image: { repository: 'b/x', env: { X: '${A}' } },
    });
  });

  test('are filled once, never again inside what was filled in', () => {
    expect(fill('${A}', { A: '${B}', B: 'c' })).toMatchObject({ image: { repository: '${B}' } });
  });

  test.each([1, null, ['${A}'], { a: '${A}' }, undefined])('leave %j to the schema', (value) => {
    expect(fill(value)).toMatchObject({ image: { kept: 1 } });
  });

  test.each([null, 3, 'text', [], { image: null }, { image: 'x' }])(
    'pass over a manifest that is %j',
    (data) => {
      expect(fillPlaceholders(data, {}, () => ({}), [])).toEqual(data);
    },
  );

  test('name every missing variable once', () => {
    const problems: unknown[] = [];
    fillPlaceholders({ image: { base: '${A}${B}${A}' } }, {}, () => ({}), problems as never);
    expect(problems).toHaveLength(2);
  });
});

describe('secrets', () => {
  test('are judged in linear time', () => {
    const begin = performance.now();
    for (const text of [
      '-----BEGIN '.repeat(400),
      '://a:'.repeat(800),
      'eyJaaaaaaaa-'.repeat(300),
      'A'.repeat(4096),
    ])
      expect(secretIn('X', text)).toBe(false);
    expect(performance.now() - begin).toBeLessThan(500);
  });

  test('an empty value is none', () => {
    expect(secretIn('PASSWORD', '')).toBe(false);
  });
});

describe('a received value', () => {
  test.each([
    [undefined, 'nothing'],
    [null, 'nothing'],
    [Number.NaN, 'NaN'],
    ['a', '"a"'],
    [[1, 2], '[1,2]'],
    [true, 'true'],
  ])('%j is shown as %s', (value, shown) => {
    expect(show(value)).toBe(shown);
  });

  test('fits a line and holds no line break', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const shown = show(value);
        return shown.length <= 80 && !/[\n\r\t\0]/.test(shown);
      }),
    );
  });
});
