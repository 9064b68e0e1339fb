import { describe, expect, test } from 'vitest';
import { readNpy, writeNpy } from '../../src/core/npy.ts';
import { allocate, datatypes, type Tensor } from '../../src/core/tensor.ts';
import { npyFile } from '../predict/npy.ts';

const refuse = (reason: string) => new Error(reason);
const read = (bytes: Uint8Array) => readNpy(bytes, 'x', refuse);

describe('NumPy files', () => {
  test.each(datatypes.filter((datatype) => datatype !== 'BYTES'))(
    '%s is read back as written',
    (datatype) => {
      for (const shape of [[], [3], [2, 3], [0, 4]]) {
        const data = allocate(
          datatype,
          shape.reduce((count, length) => count * length, 1),
        );
        if (data.length > 0) data[0] = (typeof data[0] === 'bigint' ? 1n : 1) as never;
        const tensor: Tensor = { name: 'x', datatype, shape, data };
        const bytes = writeNpy(tensor)!;
        expect(read(bytes)).toEqual(tensor);
        expect((bytes.length - Buffer.from(data.buffer as ArrayBuffer).length) % 64).toBe(0);
      }
    },
  );

  test('as numpy.save writes it', () => {
    const text = Buffer.from(
      writeNpy({ name: 'x', datatype: 'FP32', shape: [2, 2], data: new Float32Array(4) })!,
    ).toString('latin1');
    expect(text.slice(0, 80).trimEnd()).toBe(
      "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
    );
  });

  test('text is not written', () => {
    expect(writeNpy({ name: 'x', datatype: 'BYTES', shape: [1], data: ['a'] })).toBeUndefined();
  });

  test.each([
    [npyFile('<U0', [1_000_000_000], Buffer.alloc(0)), 'it holds 0 bytes of data where its header promises'],
    [npyFile('|O', [1], Buffer.alloc(8)), 'it holds Python objects (pickle)'],
    [npyFile('<U1', [1], Buffer.from([0, 0xd8, 0, 0])), 'it holds text that is no Unicode'],
    [npyFile('<U1', [1], Buffer.from([0, 0, 0x11, 0])), 'it holds text that is no Unicode'],
    [npyFile('<f4', [2], Buffer.alloc(4)), 'it holds 4 bytes of data where its header promises 8'],
  ])('refuses %#', (bytes, reason) => {
    expect(() => read(bytes)).toThrow(reason);
  });

  test('wide text is read, and zeros in it cost no more than other letters', () => {
    const wide = Buffer.alloc(400_000);
    wide.writeUInt32LE(0x61, 399_996);
    expect((read(npyFile('<U100000', [1], wide)).data[0] as string).length).toBe(100_000);
  });
});
