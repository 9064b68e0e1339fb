import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFloat16, encodeFloat16 } from '../../../src/core/float16.ts';
import type { AnyTensorData, Datatype } from '../../../src/core/tensor.ts';
import { type WriteOptions, writeRow, writeTensor } from '../../../src/serve/codecs/json-write.ts';
import { JsonWriter } from '../../../src/serve/codecs/json-writer.ts';
import { scan } from './scan.ts';

const shortest: WriteOptions = { floats: 'shortest', nonFinite: 'null' };
const tfs: WriteOptions = { floats: 'tfs', nonFinite: 'token', bytes: 'text' };

function write(
  datatype: Datatype,
  data: AnyTensorData,
  options = shortest,
  shape: readonly number[] = [data.length],
) {
  const writer = new JsonWriter();
  writeTensor(writer, { name: 'y', datatype, shape, data }, options);
  return Buffer.from(writer.take()).toString('utf8');
}

const float32 = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, min: -1, max: 1 }),
  fc.integer({ min: 0, max: 0x7f7fffff }).map((bits) => new Float32Array(Uint32Array.of(bits).buffer)[0]!),
  fc.double({ noNaN: true, min: -1000, max: 1000 }).map((value) => Math.fround(Number(value.toFixed(3)))),
);

function significant(text: string): number {
  return text.replace(/e.*/, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length;
}

function fewestDigits(value: number, round: (read: number) => number, most: number): number {
  for (let digits = 1; digits < most; digits++)
    if (round(Number(value.toExponential(digits - 1))) === value) return digits;
  return most;
}

describe('FP32', () => {
  test('has the fewest digits that read back as the same value', () => {
    fc.assert(
      fc.property(float32, (value) => {
        const text = write('FP32', Float32Array.of(value)).slice(1, -1);
        expect(Math.fround(JSON.parse(text) as number)).toBe(value);
        if (value !== 0 && Math.abs(value) >= 2 ** 24 === false && !Number.isInteger(value))
          expect(significant(text)).toBe(
            significant(String(Number(value.toExponential(fewestDigits(value, Math.fround, 9) - 1)))),
          );
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    [0.2, '0.2'],
    [0.1, '0.1'],
    [1, '1'],
    [-2.5, '-2.5'],
    [0, '0'],
    [-0, '-0.0'],
    [100, '100'],
    [16777216, '16777216'],
    [1e-6, '0.000001'],
    [1e-7, '1e-7'],
    [1.4781144e-8, '1.4781144e-8'],
    [1e-45, '1e-45'],
    [1.1754944e-38, '1.1754944e-38'],
    [3.4028235e38, '3.4028235e+38'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [9.999999, '9.999999'],
    [0.98157287, '0.98157287'],
    [123456.79, '123456.79'],
  ])('%d is written %s', (value, text) => {
    expect(write('FP32', Float32Array.of(value))).toBe(`[${text}]`);
  });
});

describe('the form of TF Serving', () => {
  // Taken from the rules of WriteDecimal in json_tensor.cc: %.6g if it reads back, else %.9g or %.17g.
  test.each([
    [2, '2.0'],
    [0, '0.0'],
    [-0, '-0.0'],
    [0.2, '0.2'],
    [9_000_000, '9e+06'],
    [0.00003, '3e-05'],
    [0.0001, '0.0001'],
    [100_000, '100000.0'],
    [999_999, '999999.0'],
    [1_000_000, '1e+06'],
    [1_234_567, '1234567.0'],
    [16_777_216, '16777216.0'],
    [0.98157287, '0.981572866'],
    [0.1234567, '0.123456702'],
    [1e20, '1e+20'],
    [123_456_789, '123456792.0'],
    [1.5e10, '1.5e+10'],
    [1e-45, '1.4013e-45'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('of FP32 %d is %s', (value, text) => {
    expect(write('FP32', Float32Array.of(value), tfs)).toBe(`[${text}]`);
  });

  test.each([
    [0.1, '0.1'],
    [1 / 3, '0.33333333333333331'],
    [2, '2.0'],
    [1e6, '1e+06'],
    [1234567, '1234567.0'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e300, '1e+300'],
    [123456789012345680, '1.2345678901234568e+17'],
  ])('of FP64 %d is %s', (value, text) => {
    expect(write('FP64', Float64Array.of(value), tfs)).toBe(`[${text}]`);
  });

  test('reads back, and always shows that it is a float', () => {
    fc.assert(
      fc.property(float32, (value) => {
        const text = write('FP32', Float32Array.of(value), tfs).slice(1, -1);
        expect(text).toMatch(/^-?\d+(\.\d+)?(e[+-]\d\d+)?$/);
        expect(text).toMatch(/[.e]/);
        expect(Math.fround(Number(text))).toBe(value);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the other datatypes', () => {
  test('FP16 is written as the same value in FP32, for every bit pattern', () => {
    for (let bits = 0; bits < 0x7c00; bits += 7) {
      const text = write('FP16', Uint16Array.of(bits)).slice(1, -1);
      expect(encodeFloat16(Number(text))).toBe(bits);
      expect(`[${text}]`).toBe(write('FP32', Float32Array.of(decodeFloat16(bits))));
    }
    // As a reader of JSON sees it: 65500, the fewest digits, would be 6e-5 off.
    expect(write('FP16', Uint16Array.of(0x7bff, 0x068e))).toBe('[65504,0.000100016594]');
    expect(write('FP16', Uint16Array.of(0x7bff, 0x068e), tfs)).toBe('[65504.0,0.000100016594]');
    expect(write('FP16', Uint16Array.of(0x3266, 0x7c00, 0xfc00, 0x7e00))).toBe('[0.19995117,null,null,null]');
    expect(write('FP16', Uint16Array.of(0x7c00, 0xfc00, 0x7e00), tfs)).toBe('[Infinity,-Infinity,NaN]');
  });

  test('FP64 is as JavaScript writes it, but keeps the sign of zero', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Object.is(JSON.parse(write('FP64', Float64Array.of(value)))[0], value)).toBe(true);
      }),
    );
    expect(write('FP64', Float64Array.of(0.1, Number.NaN, -0))).toBe('[0.1,null,-0.0]');
  });

  test('integers are number tokens of their exact value', () => {
    const big = BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n, 9007199254740993n, -2147483648n);
    expect(write('INT64', big)).toBe(`[${big.join(',')}]`);
    expect(write('UINT64', BigUint64Array.of(2n ** 64n - 1n))).toBe('[18446744073709551615]');
    expect(write('INT32', Int32Array.of(-2147483648, 2147483647))).toBe('[-2147483648,2147483647]');
    expect(write('UINT32', Uint32Array.of(4294967295))).toBe('[4294967295]');
    expect(write('INT8', Int8Array.of(-128, 127, 0))).toBe('[-128,127,0]');
    expect(write('INT16', Int16Array.of(-32768))).toBe('[-32768]');
    expect(write('UINT8', Uint8Array.of(255))).toBe('[255]');
    expect(write('UINT16', Uint16Array.of(65535))).toBe('[65535]');
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), (values) => {
        expect(write('INT64', BigInt64Array.from(values))).toBe(`[${values.join(',')}]`);
      }),
    );
  });

  test('BOOL, text and binary', () => {
    expect(write('BOOL', Uint8Array.of(0, 1))).toBe('[false,true]');
    const text = ['', 'a"b\\', 'é\n\u0001', '😀', '\ud800'];
    expect(JSON.parse(write('BYTES', text))).toEqual(text);
    expect(write('BYTES', [Uint8Array.of(0, 255), 'a'])).toBe('[{"b64":"AP8="},"a"]');
    expect(write('BYTES', [Uint8Array.of(0xff), Uint8Array.of(0x61)], tfs)).toBe('[{"b64":"/w=="},"a"]');
    expect(write('BYTES', ['a'], { ...tfs, bytes: 'base64' })).toBe('[{"b64":"YQ=="}]');
  });
});

describe('a shape', () => {
  test.each([
    [[], '1'],
    [[1], '[1]'],
    [[0], '[]'],
    [[2, 0], '[[],[]]'],
    [[0, 2], '[]'],
    [[2, 3], '[[1,2,3],[4,5,6]]'],
    [[1, 2, 1, 3], '[[[[1,2,3]],[[4,5,6]]]]'],
  ])('%j is nested as %s', (shape, text) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    expect(
      write(
        'INT32',
        Int32Array.from({ length: count }, (_, index) => index + 1),
        shortest,
        shape,
      ),
    ).toBe(text);
  });

  test('goes row by row', () => {
    const tensor = {
      name: 'y',
      datatype: 'INT32',
      shape: [2, 3],
      data: Int32Array.of(1, 2, 3, 4, 5, 6),
    } as const;
    const writer = new JsonWriter();
    writeRow(writer, tensor, 1, shortest);
    writeRow(writer, { ...tensor, shape: [6] }, 5, shortest);
    expect(Buffer.from(writer.take()).toString()).toBe('[4,5,6]6');
  });

  test('of any size reads back', () => {
    const data = Float32Array.from({ length: 50_000 }, (_, index) => Math.sin(index));
    const tensor = scan(write('FP32', data, shortest, [500, 100]), 'FP32');
    expect(tensor.shape).toEqual([500, 100]);
    expect(tensor.data).toEqual(data);
  });

  test('of two replies at once stays apart', () => {
    const [first, second] = [new JsonWriter(), new JsonWriter()];
    first.text('a');
    second.text('b');
    expect([first.take(), second.take()].map((bytes) => Buffer.from(bytes).toString())).toEqual(['a', 'b']);
  });
});
