import { describe, expect, it } from 'vitest';
import { likelyLengths, zeroCount, zeroFeeds } from '../../src/runtime/zeros.ts';

describe('zeroFeeds', () => {
  it('takes 1 for the first symbolic axis and the guess for others', () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: ['batch', 3, 'h', ''] }] as const;
    expect(zeroFeeds(inputs, 32)).toEqual([
      { name: 'x', datatype: 'FP32', shape: [1, 3, 32, 32], data: new Float32Array(3072) },
    ]);
    expect(zeroFeeds(inputs)[0]!.shape).toEqual([1, 3, 1, 1]);
  });

  it('makes scalars, empty texts and lists of one where the rank is unknown', () => {
    const feeds = zeroFeeds([
      { name: 'rate', datatype: 'INT64', shape: [] },
      { name: 'text', datatype: 'BYTES', shape: [''] },
      { name: 'any', datatype: 'BOOL', shape: null },
    ]);
    expect(feeds.map((feed) => [feed.shape, feed.data])).toEqual([
      [[], BigInt64Array.of(0n)],
      [[1], ['']],
      [[1], Uint8Array.of(0)],
    ]);
  });

  it('refuses what no memory can hold', () => {
    expect(() => zeroFeeds([{ name: 'x', datatype: 'FP32', shape: [1e9, 1e9] }])).toThrow(RangeError);
  });

  it('counts before it allocates', () => {
    const inputs = [
      { name: 'x', datatype: 'FP32', shape: ['n', 1e9, 1e9] },
      { name: 'rate', datatype: 'INT64', shape: [] },
    ] as const;
    expect(zeroCount(inputs, 32)).toBe(1e18 + 1);
    expect(zeroCount([{ name: 's', datatype: 'BYTES', shape: ['n', 't'] }], 32)).toBe(32);
  });

  it('guesses more than one length only where there is something to guess', () => {
    expect(likelyLengths([{ name: 'x', datatype: 'FP32', shape: ['n', 4] }])).toEqual([1]);
    expect(likelyLengths([{ name: 'x', datatype: 'FP32', shape: ['n', 't'] }])).toEqual([1, 32]);
    expect(likelyLengths([{ name: 'x', datatype: 'FP32', shape: null }])).toEqual([1]);
  });
});
