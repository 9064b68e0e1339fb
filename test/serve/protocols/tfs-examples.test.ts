import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFloat16 } from '../../../src/core/float16.ts';
import type { Datatype, TensorSpec } from '../../../src/core/tensor.ts';
import { type Feature, type Features, tensorsOf } from '../../../src/serve/protocols/tfs-examples.ts';

const spec = (datatype: Datatype, shape: TensorSpec['shape'] = ['batch']): TensorSpec => ({
  name: 'x',
  datatype,
  shape,
});
const ints = (...values: bigint[]): Feature => ({ kind: 'int64', values });
const floats = (...values: number[]): Feature => ({ kind: 'float', values });
const strings = (...values: string[]): Feature => ({ kind: 'bytes', values });
const named = (feature: Feature): Features => new Map([['x', feature]]);

function read(given: TensorSpec, ...features: readonly Feature[]) {
  const [tensor] = tensorsOf({ examples: features.map(named), context: new Map() }, [given], 2 ** 20);
  return { shape: tensor!.shape, values: [...tensor!.data] };
}

describe('values', () => {
  test.each([
    ['BOOL', ints(0n), ints(1n), [0, 1]],
    ['UINT8', ints(0n), ints(255n), [0, 255]],
    ['UINT16', ints(0n), ints(65_535n), [0, 65_535]],
    ['UINT32', ints(0n), ints(4_294_967_295n), [0, 4_294_967_295]],
    ['UINT64', ints(0n), ints(2n ** 63n - 1n), [0n, 2n ** 63n - 1n]],
    ['INT8', ints(-128n), ints(127n), [-128, 127]],
    ['INT16', ints(-32_768n), ints(32_767n), [-32_768, 32_767]],
    ['INT32', ints(-(2n ** 31n)), ints(2n ** 31n - 1n), [-(2 ** 31), 2 ** 31 - 1]],
    ['INT64', ints(-(2n ** 63n)), ints(2n ** 63n - 1n), [-(2n ** 63n), 2n ** 63n - 1n]],
    ['FP16', floats(0.1), ints(2n), [encodeFloat16(0.1), encodeFloat16(2)]],
    ['FP32', floats(0.1), ints(2n), [Math.fround(0.1), 2]],
    ['FP64', floats(0.1), ints(2n), [0.1, 2]],
    ['FP64', floats(Number.NaN), floats(Number.NEGATIVE_INFINITY), [Number.NaN, Number.NEGATIVE_INFINITY]],
    ['FP16', floats(Number.POSITIVE_INFINITY), floats(-0), [0x7c00, 0x8000]],
    ['BYTES', strings(''), strings('é'), ['', 'é']],
  ] as const)('of %s: %o and %o', (datatype, a, b, values) => {
    expect(read(spec(datatype), a, b)).toEqual({ shape: [2], values });
  });

  test.each([
    ['BOOL', ints(2n), '2'],
    ['BOOL', floats(1), '1'],
    ['UINT8', ints(256n), '256'],
    ['UINT8', ints(-1n), '-1'],
    ['UINT32', ints(2n ** 32n), '4294967296'],
    ['UINT64', ints(-1n), '-1'],
    ['INT8', ints(128n), '128'],
    ['INT32', ints(2n ** 31n), '2147483648'],
    ['INT64', floats(1), '1'],
    ['INT64', strings('1'), '"1"'],
    ['FP16', floats(65_520), '65520'],
    ['FP32', floats(1e39), '1e+39'],
    ['FP32', strings('a'), '"a"'],
    ['BYTES', ints(1n), '1'],
  ] as const)('of %s refused: %o', (datatype, feature, received) => {
    expect(() => read(spec(datatype), feature)).toThrow(
      expect.objectContaining({
        code: 'INPUT_VALUE',
        details: expect.objectContaining({ field: 'examples[0].x', received }),
      }),
    );
  });

  test('any 64-bit integer is exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(read(spec('INT64'), ints(value)).values).toEqual([value]);
      }),
    );
  });
});

describe('shapes', () => {
  test.each([
    [['batch'], [1], [2]],
    [['batch', 1], [1], [2, 1]],
    [['batch', 2, 3], [6], [2, 2, 3]],
    [['batch', 'n'], [4], [2, 4]],
    [['batch', 'n'], [0], [2, 0]],
    [['batch', 2, 'n'], [6], [2, 2, 3]],
    [['batch', 0, 'n'], [0], [2, 0, 0]],
    [[2, 3], [3], [2, 3]],
    [null, [1], [2]],
    [null, [3], [2, 3]],
  ])('%j filled by lists of %j is %j', (shape, [length], expected) => {
    const list = floats(...Array<number>(length!).fill(1));
    expect(read(spec('FP32', shape), list, list).shape).toEqual(expected);
  });

  test.each([
    [['batch'], [2], 'has 2 values, but a row of the model takes 1'],
    [['batch', 4], [3], 'has 3 values, but a row of the model takes 4'],
    [['batch', 4], [0], 'has 0 values, but a row of the model takes 4'],
    [['batch', 2, 'n'], [5], 'has 5 values, but a row of the model takes 6'],
    [['batch', 'm', 'n'], [4], 'has 2 free axes beside the first'],
  ])('%j cannot be filled by lists of %j', (shape, [length], text) => {
    expect(() => read(spec('FP32', shape), floats(...Array<number>(length!).fill(1)))).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(text) }),
    );
  });

  test('lists of different lengths are refused', () => {
    expect(() => read(spec('FP32', ['batch', 'n']), floats(1, 2), floats(1))).toThrow(
      expect.objectContaining({ message: expect.stringContaining('of examples[1] has 1 values') }),
    );
  });

  test('an input without axes has one value for all: of the context, or of the only example', () => {
    const scalar = spec('FP32', []);
    const shared = { examples: [new Map(), new Map()], context: named(floats(0.5)) };
    expect(tensorsOf(shared, [scalar], 8)).toMatchObject([{ shape: [], data: Float32Array.of(0.5) }]);
    expect(read(scalar, floats(2))).toEqual({ shape: [], values: [2] });
    expect(() => read(scalar, floats(2), floats(2))).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    );
  });
});

test('a feature that is nowhere is missing, with the example that lacks it', () => {
  const given = { examples: [named(ints(1n)), new Map()], context: new Map() };
  expect(() => tensorsOf(given, [spec('INT64')], 8)).toThrow(
    expect.objectContaining({
      code: 'INPUT_MISSING',
      details: expect.objectContaining({ field: 'examples[1].x' }),
    }),
  );
});

test('a context that would be written out too often is too large', () => {
  const given = { examples: Array<Features>(100).fill(new Map()), context: named(ints(1n)) };
  expect(() => tensorsOf(given, [spec('INT64')], 799)).toThrow(
    expect.objectContaining({ code: 'BODY_TOO_LARGE' }),
  );
  expect(tensorsOf(given, [spec('INT64')], 800)[0]?.data).toHaveLength(100);
});
