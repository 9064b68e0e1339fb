import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import { allocate, type Datatype, datatypes, elementSize, type Tensor } from '../../../src/core/tensor.ts';
import { binarySize, readBinary, writeBinary } from '../../../src/serve/codecs/binary-tensor.ts';

type Fixed = Exclude<Datatype, 'BYTES'>;
const fixed = datatypes.filter((datatype): datatype is Fixed => datatype !== 'BYTES');

/** Puts bytes at an offset of a larger buffer. */
function placed(bytes: Uint8Array, offset: number, after = 0): Uint8Array {
  const whole = new Uint8Array(offset + bytes.length + after);
  whole.set(bytes, offset);
  return whole.subarray(offset, offset + bytes.length);
}

function written(tensor: Tensor): Buffer {
  const target = Buffer.alloc(binarySize(tensor));
  expect(writeBinary(tensor, target, 0)).toBe(target.length);
  return target;
}

function refusal(bytes: Uint8Array, datatype: Datatype, shape: readonly number[]): MdeployError {
  try {
    readBinary(bytes, { name: 'x', datatype, shape });
  } catch (error) {
    if (error instanceof MdeployError) return error;
    throw error;
  }
  throw new Error('the bytes were taken');
}

function strings(...texts: string[]): Uint8Array {
  return written({ name: 'x', datatype: 'BYTES', shape: [texts.length], data: texts });
}

describe('raw tensors of fixed size', () => {
  test.each(fixed)('%s survives any bytes, at any alignment', (datatype) => {
    const size = elementSize[datatype];
    const byte = datatype === 'BOOL' ? fc.nat({ max: 1 }) : fc.nat({ max: 255 });
    const input = fc
      .array(byte, { maxLength: 64 })
      .map((list) => list.slice(0, list.length - (list.length % size)));
    fc.assert(
      fc.property(input, fc.nat({ max: 9 }), (bytes, offset) => {
        const shape = [bytes.length / size];
        const data = readBinary(placed(Uint8Array.from(bytes), offset), { name: 'x', datatype, shape });
        expect(data.constructor).toBe(allocate(datatype, 0).constructor);
        expect(data).toHaveLength(shape[0]!);
        expect([...written({ name: 'x', datatype, shape, data })]).toEqual(bytes);
      }),
    );
  });

  test('little-endian, C order', () => {
    const bytes = Uint8Array.of(1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
    expect(readBinary(bytes, { name: 'x', datatype: 'INT32', shape: [2, 1] })).toEqual(Int32Array.of(1, -1));
    expect(readBinary(bytes, { name: 'x', datatype: 'UINT64', shape: [] })).toEqual(
      BigUint64Array.of(0xffffffff00000001n),
    );
  });

  test('an aligned tensor that fills its memory is not copied', () => {
    for (const [datatype, offset] of [
      ['FP32', 400],
      ['FP64', 416],
      ['INT32', 404],
      ['UINT8', 401],
    ] as const) {
      const body = placed(new Uint8Array(4000), offset);
      const shape = [4000 / elementSize[datatype]];
      const data = readBinary(body, { name: 'x', datatype, shape }) as Float32Array;
      expect(data.buffer).toBe(body.buffer);
      expect(data.byteOffset).toBe(offset);
    }
  });

  test('one that is not aligned is copied, and so is a small part of much memory', () => {
    for (const body of [placed(new Uint8Array(4000), 401), placed(new Uint8Array(16), 400, 60_000)]) {
      const shape = [body.length / 4];
      const data = readBinary(body, { name: 'x', datatype: 'INT32', shape }) as Int32Array;
      expect(data.buffer).not.toBe(body.buffer);
      expect(data.buffer.byteLength).toBe(body.length);
    }
  });

  test.each(['FP16', 'FP32', 'FP64'] as const)(
    '%s starts at a multiple of 16 bytes, wherever it lay',
    (datatype) => {
      for (let offset = 0; offset < 64; offset++) {
        const shape = [4000 / elementSize[datatype]];
        const tensor = { name: 'x', datatype, shape };
        const data = readBinary(placed(new Uint8Array(4000), offset), tensor) as Float32Array;
        expect(data.byteOffset % 16).toBe(0);
      }
    },
  );

  test('a length that is not what the shape takes is refused', () => {
    const error = refusal(new Uint8Array(12), 'FP32', [2, 2]);
    expect(error).toMatchObject({ code: 'REQUEST_INVALID', http: 400, details: { field: 'x' } });
    expect(error.message).toBe('Input "x" has 12 bytes of binary data, but [2,2] of FP32 takes 16.');
    for (const length of [0, 15, 17, 32])
      expect(refusal(new Uint8Array(length), 'FP32', [2, 2]).http).toBe(400);
  });

  test('empty tensors and scalars', () => {
    const none = new Uint8Array(7).subarray(3, 3);
    expect(readBinary(none, { name: 'x', datatype: 'FP64', shape: [3, 0] })).toEqual(new Float64Array(0));
    expect(readBinary(none, { name: 'x', datatype: 'BYTES', shape: [0] })).toEqual([]);
    expect(readBinary(Uint8Array.of(7), { name: 'x', datatype: 'INT8', shape: [] })).toEqual(Int8Array.of(7));
  });

  test('a boolean is a byte of 0 or 1', () => {
    const error = refusal(Uint8Array.of(0, 1, 2), 'BOOL', [3]);
    expect(error).toMatchObject({ code: 'INPUT_VALUE', details: { received: '2' } });
    expect(error.message).toContain('at element 2');
  });
});

describe('raw strings', () => {
  test('any bytes and any text survive', () => {
    const element = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(fc.array(element, { maxLength: 20 }), fc.nat({ max: 5 }), (list, offset) => {
        const tensor: Tensor = { name: 'x', datatype: 'BYTES', shape: [list.length], data: list };
        const data = readBinary(placed(written(tensor), offset), tensor) as Uint8Array[];
        expect(data.map((bytes) => Buffer.from(bytes))).toEqual(
          list.map((item) => Buffer.from(item as string)),
        );
      }),
    );
  });

  test('the form is a 4-byte little-endian length before each', () => {
    expect([...strings('ab', '', 'é')]).toEqual([2, 0, 0, 0, 97, 98, 0, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0xa9]);
  });

  test('too few, too many and lengths beyond the end are refused', () => {
    const bytes = strings('ab', 'c');
    for (let length = 0; length < bytes.length; length++)
      expect(refusal(bytes.subarray(0, length), 'BYTES', [2]).code).toBe('REQUEST_INVALID');
    expect(refusal(bytes, 'BYTES', [1]).message).toContain('1 elements take 6');
    expect(refusal(bytes, 'BYTES', [3]).message).toContain('element 2 of 3');
    expect(refusal(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1), 'BYTES', [1]).message).toContain('4294967299');
  });

  test('a count beyond the limit is refused before anything is read', () => {
    const error = refusal(new Uint8Array(0), 'BYTES', [2 ** 22 + 1]);
    expect(error.message).toBe('Input "x" has 4194305 strings; 4194304 are the most at once.');
  });

  test('any bytes are taken or refused, never a fault of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), fc.nat({ max: 6 }), (bytes, count) => {
        try {
          expect(readBinary(bytes, { name: 'x', datatype: 'BYTES', shape: [count] })).toHaveLength(count);
        } catch (error) {
          expect(error).toMatchObject({ code: 'REQUEST_INVALID' });
        }
      }),
    );
  });
});

test('the size of a tensor is what is written', () => {
  const data = ['a', 'é', Uint8Array.of(1, 2, 3)];
  expect(binarySize({ name: 'x', datatype: 'BYTES', shape: [3], data })).toBe(12 + 1 + 2 + 3);
  expect(binarySize({ name: 'x', datatype: 'FP16', shape: [2], data: new Uint16Array(2) })).toBe(4);
});
