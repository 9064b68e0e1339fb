import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dim, TensorSpec } from '../../src/core/tensor.ts';
import { type Role, tensorChanges } from '../../src/diff/tensors.ts';

const spec = (name: string, shape: readonly Dim[] | null = ['batch', 4], datatype = 'FP32'): TensorSpec => ({
  name,
  datatype: datatype as TensorSpec['datatype'],
  shape,
});
const changed = (role: Role, before: readonly TensorSpec[], after: readonly TensorSpec[]) =>
  tensorChanges(role, before, after).changes.map(({ change, breaking }) => [change, breaking]);

describe('what happens to tensors', () => {
  test.each<[Role, string, boolean]>([
    ['input', 'removed', true],
    ['output', 'removed', true],
  ])('an %s that is %s is breaking', (role, change, breaking) => {
    expect(changed(role, [spec('x'), spec('y', ['n'], 'INT64')], [spec('x')])).toEqual([[change, breaking]]);
  });

  test('an added input breaks, an added output does not, unless it is the second', () => {
    const more = [spec('x'), spec('z', ['n'], 'INT64')];
    expect(changed('input', [spec('x')], more)).toEqual([['added', true]]);
    expect(changed('output', [spec('x')], more)).toEqual([['added', true]]);
    const three = [...more, spec('w', [3], 'BOOL')];
    expect(changed('output', more, three)).toEqual([['added', false]]);
  });

  test('one that went and one like it that came is a renamed one', () => {
    const { changes, renamed } = tensorChanges('input', [spec('x')], [spec('features', ['N', 4])]);
    expect(changes.map(({ change, breaking }) => [change, breaking])).toEqual([
      ['renamed', true],
      ['axis 0 renamed', false],
    ]);
    expect([...renamed]).toEqual([['x', 'features']]);
  });

  test('which of two alike was renamed is not guessed', () => {
    const { changes, renamed } = tensorChanges('output', [spec('a'), spec('b')], [spec('c'), spec('d')]);
    expect(renamed.size).toBe(0);
    expect(changes.map(({ change }) => change)).toEqual(['removed', 'removed', 'added', 'added']);
  });

  test('the order of outputs matters to those who take the first, that of inputs to nobody', () => {
    const [a, b] = [spec('a'), spec('b')];
    expect(changed('output', [a, b], [b, a])).toEqual([['order', true]]);
    expect(changed('input', [a, b], [b, a])).toEqual([['order', false]]);
  });

  test('another datatype is breaking on both sides', () => {
    for (const role of ['input', 'output'] as const)
      expect(changed(role, [spec('x')], [spec('x', ['batch', 4], 'FP16')])).toEqual([['datatype', true]]);
  });
});

describe('what happens to axes', () => {
  test.each<[string, readonly Dim[] | null, readonly Dim[] | null, [string, boolean], [string, boolean]]>([
    ['a free axis is fixed', ['n', 4], [1, 4], ['axis 0 fixed', true], ['axis 0 fixed', false]],
    ['a fixed axis is freed', [1, 4], ['n', 4], ['axis 0 freed', false], ['axis 0 freed', true]],
    ['another length', ['n', 4], ['n', 5], ['axis 1 length', true], ['axis 1 length', true]],
    ['another rank', ['n', 4], ['n', 4, 1], ['rank', true], ['rank', true]],
    ['a rank becomes known', null, ['n', 4], ['rank fixed', true], ['rank fixed', false]],
    ['a rank becomes free', ['n', 4], null, ['rank free', false], ['rank free', true]],
    ['an axis gets another name', ['n', 4], ['m', 4], ['axis 0 renamed', false], ['axis 0 renamed', false]],
  ])('%s', (_, before, after, asInput, asOutput) => {
    expect(changed('input', [spec('x', before)], [spec('x', after)])).toEqual([asInput]);
    expect(changed('output', [spec('x', before)], [spec('x', after)])).toEqual([asOutput]);
  });

  const dim = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom('n', 'm', ''));
  const tensors = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      datatype: fc.constantFrom('FP32', 'INT64') as fc.Arbitrary<TensorSpec['datatype']>,
      shape: fc.option(fc.array(dim, { maxLength: 3 })),
    }),
    { selector: ({ name }) => name, maxLength: 4 },
  );

  test('nothing changes from a signature to itself', () => {
    fc.assert(fc.property(tensors, (specs) => tensorChanges('input', specs, specs).changes.length === 0));
  });

  test('a change is found both ways, and every change says why', () => {
    fc.assert(
      fc.property(tensors, tensors, (before, after) => {
        const there = tensorChanges('output', before, after).changes;
        const back = tensorChanges('output', after, before).changes;
        expect(there.length > 0).toBe(back.length > 0);
        expect([...there, ...back].every(({ why }) => why !== '')).toBe(true);
      }),
    );
  });
});
