import fc from 'fast-check';
import { type Datatype, elementCount, type Tensor } from '../../../src/core/tensor.ts';

/** Bit patterns of every kind of value; JSON has one NaN only. */
const elements: Readonly<Record<Datatype, fc.Arbitrary<unknown>>> = {
  BOOL: fc.nat({ max: 1 }),
  UINT8: fc.integer({ min: 0, max: 255 }),
  UINT16: fc.integer({ min: 0, max: 65_535 }),
  UINT32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  UINT64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  INT8: fc.integer({ min: -128, max: 127 }),
  INT16: fc.integer({ min: -32_768, max: 32_767 }),
  INT32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  FP16: fc
    .integer({ min: 0, max: 65_535 })
    .map((bits) => ((bits & 0x7c00) === 0x7c00 && bits & 0x3ff ? 0x7e00 : bits)),
  FP32: fc.float(),
  FP64: fc.double(),
  BYTES: fc.string({ unit: 'grapheme' }),
};

const arrays = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

function dataOf(datatype: Datatype, values: unknown[]): Tensor['data'] {
  if (datatype === 'BYTES') return values as string[];
  if (datatype === 'INT64') return BigInt64Array.from(values as bigint[]);
  if (datatype === 'UINT64') return BigUint64Array.from(values as bigint[]);
  return arrays[datatype].from(values as number[]);
}

/** Any tensor `x` of a datatype, of one to three axes, none of them empty. */
export function tensors(datatype: Datatype): fc.Arbitrary<Tensor> {
  return fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }).chain((shape) => {
    const length = elementCount(shape);
    return fc
      .array(elements[datatype], { minLength: length, maxLength: length })
      .map((values) => ({ name: 'x', datatype, shape, data: dataOf(datatype, values) }));
  });
}
