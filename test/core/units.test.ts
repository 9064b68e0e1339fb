import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSize, showSize } from '../../src/core/units.ts';

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['1048576', 1048576],
    ['512B', 512],
    ['512MiB', 536870912],
    ['512 mib', 536870912],
    ['200 MB', 200000000],
    ['1.5KiB', 1536],
    [' 2GiB ', 2147483648],
    ['1gb', 1000000000],
  ])('%j is %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', 'MiB', '-1', '1e6', '1TiB', '1,5MB', '0x10', '12 34', '99999999999999999999', '1 MiB extra'])(
    '%j is no size',
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );

  it('reads every whole number of bytes as itself', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseSize(String(bytes))).toBe(bytes);
      }),
    );
  });
});

describe('showSize', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [46_200_000, '46.2 MB'],
    [2_147_483_648, '2.1 GB'],
    [5e12, '5000.0 GB'],
  ])('%i → %s', (bytes, text) => {
    expect(showSize(bytes)).toBe(text);
  });
});
