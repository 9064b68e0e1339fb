import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { npy, readNpyFile } from '../../../src/predict/readers/npy.ts';
import { bytesOf, npyFile } from '../npy.ts';

// The first bytes of `np.save` of np.array([[1, 2], [3, 4]], np.float32), numpy 2.4, as a check on npyFile itself.
const saved = Buffer.concat([
  Buffer.from(
    '934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2032292c207d',
    'hex',
  ),
  Buffer.from(`${' '.repeat(58)}\n`),
  bytesOf(Float32Array.of(1, 2, 3, 4)),
]);

describe('a NumPy input', () => {
  test('as numpy writes it', () => {
    expect(npy.read(saved, 'x.npy')).toEqual({
      kind: 'tensors',
      tensors: [{ name: '', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    });
  });

  test.each([
    { descr: '|b1', data: Uint8Array.of(0, 1), datatype: 'BOOL' },
    { descr: '|u1', data: Uint8Array.of(0, 255), datatype: 'UINT8' },
    { descr: '<u2', data: Uint16Array.of(0, 65535), datatype: 'UINT16' },
    { descr: '<u4', data: Uint32Array.of(0, 2 ** 32 - 1), datatype: 'UINT32' },
    { descr: '<u8', data: BigUint64Array.of(0n, 2n ** 64n - 1n), datatype: 'UINT64' },
    { descr: '|i1', data: Int8Array.of(-128, 127), datatype: 'INT8' },
    { descr: '<i2', data: Int16Array.of(-32768, 32767), datatype: 'INT16' },
    { descr: '<i4', data: Int32Array.of(-1, 1), datatype: 'INT32' },
    { descr: '<i8', data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n), datatype: 'INT64' },
    { descr: '<f2', data: Uint16Array.of(0x3c00, 0xc000), datatype: 'FP16' },
    { descr: '<f4', data: Float32Array.of(0.1, Number.NaN), datatype: 'FP32' },
    { descr: '<f8', data: Float64Array.of(0.1, Number.NEGATIVE_INFINITY), datatype: 'FP64' },
  ])('of dtype $descr is $datatype', ({ descr, data, datatype }) => {
    expect(readNpyFile(npyFile(descr, [2], bytesOf(data)), 'x.npy', 'a')).toEqual({
      name: 'a',
      datatype,
      shape: [2],
      data,
    });
  });

  test('in the other byte order is turned round', () => {
    const swapped = Buffer.alloc(8);
    swapped.writeFloatBE(1.5, 0);
    swapped.writeFloatBE(-2, 4);
    expect(readNpyFile(npyFile('>f4', [2], swapped), 'x', '').data).toEqual(Float32Array.of(1.5, -2));
    const long = Buffer.alloc(8);
    long.writeBigInt64BE(-3n);
    expect(readNpyFile(npyFile('>i8', [], long), 'x', '')).toMatchObject({
      shape: [],
      data: BigInt64Array.of(-3n),
    });
  });

  test('in Fortran order is put into rows', () => {
    const columns = bytesOf(Int32Array.of(1, 4, 2, 5, 3, 6));
    expect(readNpyFile(npyFile('<i4', [2, 3], columns, true), 'x', '').data).toEqual(
      Int32Array.of(1, 2, 3, 4, 5, 6),
    );
  });

  test('of text is BYTES, without the padding', () => {
    const ucs4 = bytesOf(Uint32Array.from([...'Ölé\0\0'].map((c) => c.codePointAt(0)!)));
    expect(readNpyFile(npyFile('<U5', [1], ucs4), 'x', '')).toMatchObject({
      datatype: 'BYTES',
      data: ['Ölé'],
    });
    expect(readNpyFile(npyFile('|S3', [2], Buffer.from('ab\0cde')), 'x', '').data).toEqual(['ab', 'cde']);
  });

  test.each([
    {
      what: 'something else',
      bytes: Buffer.from('hello, this is text'),
      reason: 'does not begin as a NumPy file',
    },
    { what: 'a cut header', bytes: saved.subarray(0, 40), reason: 'header is cut off' },
    {
      what: 'cut data',
      bytes: saved.subarray(0, saved.length - 1),
      reason: 'holds 15 bytes of data where its header promises 16',
    },
    { what: 'Python objects', bytes: npyFile('|O', [1], Buffer.alloc(8)), reason: 'pickle' },
    {
      what: 'complex numbers',
      bytes: npyFile('<c8', [1], Buffer.alloc(8)),
      reason: 'its dtype <c8 has no tensor datatype',
    },
    { what: 'dates', bytes: npyFile('<M8[ns]', [1], Buffer.alloc(8)), reason: 'dtype <M8[ns]' },
    {
      what: 'a shape beyond all memory',
      bytes: npyFile('<f4', [2 ** 40, 2 ** 40], Buffer.alloc(8)),
      reason: 'shape is out of range',
    },
    { what: 'a promise of 4 TB', bytes: npyFile('<f4', [2 ** 40], Buffer.alloc(8)), reason: 'holds 8 bytes' },
  ])('of $what is refused', ({ bytes, reason }) => {
    expect(() => npy.read(bytes, 'x.npy')).toThrow(
      expect.objectContaining({ code: 'INPUT_FILE_MALFORMED', message: expect.stringContaining(reason) }),
    );
  });

  test('of records is refused', () => {
    const record = Buffer.from(saved);
    const header = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }";
    record.write(header.padEnd(117), 10, 'latin1');
    expect(() => npy.read(record, 'x.npy')).toThrow('it holds records');
  });

  test('that is damaged anywhere gives an array or this one error, never another', () => {
    fc.assert(
      fc.property(fc.nat(saved.length - 1), fc.nat(255), (at, value) => {
        const damaged = Buffer.from(saved);
        damaged[at] = value;
        try {
          expect(npy.read(damaged, 'x.npy').kind).toBe('tensors');
        } catch (error) {
          expect(error).toMatchObject({ code: 'INPUT_FILE_MALFORMED' });
        }
      }),
    );
  });
});
