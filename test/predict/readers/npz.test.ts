import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { npz } from '../../../src/predict/readers/npz.ts';
import { bytesOf, npyFile, zipFile } from '../npy.ts';

const array = npyFile('<f4', [2], bytesOf(Float32Array.of(1, 2)));
const good = zipFile([
  { name: 'x.npy', content: array },
  { name: 'ids.npy', content: npyFile('<i8', [1], bytesOf(BigInt64Array.of(7n))), store: true },
  { name: 'README', content: Buffer.from('not an array') },
]);

describe('an NPZ input', () => {
  test('gives each array the name it was saved under, packed or stored', () => {
    expect(npz.read(good, 'a.npz')).toEqual({
      kind: 'tensors',
      tensors: [
        { name: 'x', datatype: 'FP32', shape: [2], data: Float32Array.of(1, 2) },
        { name: 'ids', datatype: 'INT64', shape: [1], data: BigInt64Array.of(7n) },
      ],
    });
  });

  test('may carry a comment at its end', () => {
    const commented = Buffer.concat([good, Buffer.from('made by hand')]);
    expect(npz.read(commented, 'a.npz')).toEqual(npz.read(good, 'a.npz'));
  });

  test.each([
    { what: 'something else', bytes: Buffer.from('not a zip'), reason: 'it is no zip file' },
    { what: 'a cut file', bytes: good.subarray(0, good.length - 30), reason: 'its end is cut off' },
    {
      what: 'no array',
      bytes: zipFile([{ name: 'a.txt', content: Buffer.from('hi') }]),
      reason: 'there is no array in it',
    },
    {
      what: 'a wrong checksum',
      bytes: zipFile([{ name: 'x.npy', content: array, crc: 1 }]),
      reason: 'its checksum is wrong',
    },
    {
      what: 'more than it says',
      bytes: zipFile([{ name: 'x.npy', content: array, size: 8 }]),
      reason: 'it cannot be unpacked',
    },
    {
      what: 'a promise of 2 GiB',
      bytes: zipFile([{ name: 'x.npy', content: array, size: 2 ** 31 }]),
      reason: 'it is larger than',
    },
    {
      what: 'a password',
      bytes: zipFile([{ name: 'x.npy', content: array, flags: 1 }]),
      reason: 'it is encrypted',
    },
    {
      what: 'LZMA',
      bytes: zipFile([{ name: 'x.npy', content: array, method: 14 }]),
      reason: 'compression method 14 is not supported',
    },
    {
      what: 'a damaged array',
      bytes: zipFile([{ name: 'x.npy', content: Buffer.from('hello, world!') }]),
      reason: 'a.npz:x.npy',
    },
    {
      what: 'hundreds of entries',
      bytes: zipFile(Array.from({ length: 300 }, (_, index) => ({ name: `${index}.npy`, content: array }))),
      reason: 'it has 300 entries',
    },
  ])('of $what is refused', ({ bytes, reason }) => {
    expect(() => npz.read(bytes, 'a.npz')).toThrow(
      expect.objectContaining({ code: 'INPUT_FILE_MALFORMED', message: expect.stringContaining(reason) }),
    );
  });

  test('that is damaged anywhere gives arrays or this one error, never another', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const damaged = Buffer.from(good);
        damaged[at] = value;
        try {
          expect(npz.read(damaged, 'a.npz').kind).toBe('tensors');
        } catch (error) {
          expect(error).toMatchObject({ code: 'INPUT_FILE_MALFORMED' });
        }
      }),
      { numRuns: 300 },
    );
  });
});
