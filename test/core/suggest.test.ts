import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/core/suggest.ts';

const keys = ['serving', 'preprocess', 'postprocess', 'inputs', 'outputs', 'name'];

describe('nearest', () => {
  it.each([
    ['servng', 'serving'],
    ['SERVING', 'serving'],
    ['preproces', 'preprocess'],
    ['postproccess', 'postprocess'],
    ['inptus', 'inputs'],
    ['nmae', 'name'],
    ['inpot', 'inputs'],
  ])('%s → %s', (typed, meant) => {
    expect(nearest(typed, keys)).toBe(meant);
  });

  it.each(['', 'deployment', 'xyz', 'batch'])('%j is near nothing', (typed) => {
    expect(nearest(typed, keys)).toBeUndefined();
  });

  it('finds every key one edit away', () => {
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.nat(), (key, at) => {
        const cut = at % key.length;
        expect(nearest(key.slice(0, cut) + key.slice(cut + 1), [key])).toBe(key);
        expect(nearest(`${key.slice(0, cut)}q${key.slice(cut)}`, [key])).toBe(key);
      }),
    );
  });

  it('takes the first of two that are equally near', () => {
    expect(nearest('cat', ['bat', 'rat'])).toBe('bat');
    expect(nearest('cat', [])).toBeUndefined();
  });

  it('takes no other letter for one', () => {
    expect(nearest('q', ['x', 'y'])).toBeUndefined();
    expect(nearest('X', ['y', 'x'])).toBe('x');
    expect(nearest('k', ['kk'])).toBe('kk');
  });
});
