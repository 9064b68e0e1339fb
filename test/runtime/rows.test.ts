import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocate, type Datatype, datatypes, elementCount, type Tensor } from '../../src/core/tensor.ts';
import { joinRows, splitRows } from '../../src/runtime/rows.ts';

function filled(datatype: Datatype, shape: readonly number[], from: number): Tensor {
  const data = allocate(datatype, elementCount(shape));
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array;
  for (let index = 0; index < data.length; index++) {
    const value = from + index;
    data[index] = (datatype === 'BYTES' ? `text ${value}` : isBig ? BigInt(value) : value % 100) as never;
  }
  return { name: 'x', datatype, shape, data };
}

describe('joined and taken apart again', () => {
  test.each(datatypes)('%s: every request gets its own rows', (datatype) => {
    const widths = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
    const lengths = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(widths, lengths, (width, rows) => {
        const requests = rows.map((count, index) => [filled(datatype, [count, ...width], index * 7)]);
        const joined = joinRows(requests);
        expect(joined[0]!.shape).toEqual([rows.reduce((a, b) => a + b), ...width]);
        expect(joined[0]!.data).toHaveLength(elementCount(joined[0]!.shape));
        expect(splitRows(joined, rows)).toEqual(requests);
      }),
      { numRuns: 30 },
    );
  });

  test('several inputs keep their order', () => {
    const request = (from: number) => [filled('FP32', [1, 2], from), filled('INT64', [1], from)];
    const joined = joinRows([request(0), request(5)]);
    expect(joined.map(({ shape, data }) => [shape, [...(data as Iterable<unknown>)]])).toEqual([
      [
        [2, 2],
        [0, 1, 5, 6],
      ],
      [[2], [0n, 5n]],
    ]);
  });

  test('one request is not copied', () => {
    const request = [filled('FP32', [2, 2], 0)];
    expect(joinRows([request])).toBe(request);
  });

  test('an output without a row per row cannot be taken apart', () => {
    expect(splitRows([filled('FP32', [1, 2], 0)], [1, 1])).toBeUndefined();
    expect(splitRows([filled('FP32', [], 0)], [1])).toBeUndefined();
  });
});
