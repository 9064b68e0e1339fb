import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFloat16, encodeFloat16 } from '../../../src/core/float16.ts';
import { compile, fp32, model, numbers, steps } from '../context.ts';

const pipeline = await compile(model({ shape: ['batch', 4] }), { post: steps('softmax') });

async function softmax(rows: readonly (readonly number[])[]): Promise<number[]> {
  const width = rows[0]?.length ?? 0;
  const [result] = await pipeline.finish!([fp32('y', [rows.length, width], rows.flat())]);
  return numbers(result);
}

describe('softmax', () => {
  test('gives the values computed by hand, row by row', async () => {
    const given = await softmax([
      [0, 0],
      [0, Math.log(3)],
    ]);
    expect(given[0]).toBe(0.5);
    expect(given[1]).toBe(0.5);
    expect(given[2]).toBeCloseTo(0.25, 7);
    expect(given[3]).toBeCloseTo(0.75, 7);
  });

  test('keeps its head with scores that overflow exp()', async () => {
    expect(await softmax([[1000, 1000]])).toEqual([0.5, 0.5]);
    expect(await softmax([[-1000, 1000]])).toEqual([0, 1]);
    expect(await softmax([[Number.NEGATIVE_INFINITY, 3]])).toEqual([0, 1]);
  });

  test('works along the last axis of any rank', async () => {
    const [result] = await pipeline.finish!([fp32('y', [1, 2, 1, 2], [7, 7, 0, Math.log(9)])]);
    expect(result?.shape).toEqual([1, 2, 1, 2]);
    expect(numbers(result).map((value) => Math.round(value * 1e6) / 1e6)).toEqual([0.5, 0.5, 0.1, 0.9]);
  });

  test('keeps FP16 and FP64 outputs what they are', async () => {
    const half = await compile(model({ shape: [1] }, { datatype: 'FP16', shape: ['batch', 2] }), {
      post: steps('softmax'),
    });
    const data = Uint16Array.from([1, 1], encodeFloat16);
    const [halves] = await half.finish!([{ name: 'y', datatype: 'FP16', shape: [1, 2], data }]);
    expect(Array.from(halves!.data as Uint16Array, decodeFloat16)).toEqual([0.5, 0.5]);
    const double = await compile(model({ shape: [1] }, { datatype: 'FP64', shape: ['batch', 2] }), {
      post: steps('softmax'),
    });
    const [doubles] = await double.finish!([
      { name: 'y', datatype: 'FP64', shape: [1, 2], data: Float64Array.of(0, Math.log(3)) },
    ]);
    expect(numbers(doubles)[1]).toBeCloseTo(0.75, 15);
  });

  test('leaves other outputs and empty batches alone', async () => {
    const other = fp32('z', [1], [4]);
    const empty = fp32('y', [0, 4], []);
    expect(await pipeline.finish!([other, empty])).toEqual([other, empty]);
  });

  test('sums to one, keeps the order, and does not feel a shift', async () => {
    const row = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(row, fc.integer({ min: -20, max: 20 }), async (scores, shift) => {
        const given = await softmax([scores]);
        const shifted = await softmax([scores.map((score) => Math.fround(score) + shift)]);
        expect(given.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
        given.forEach((value, index) => {
          expect(value).toBeCloseTo(shifted[index]!, 4);
          if (index > 0 && Math.fround(scores[index]!) > Math.fround(scores[index - 1]!)) {
            expect(value).toBeGreaterThanOrEqual(given[index - 1]!);
          }
        });
      }),
      { numRuns: 60 },
    );
  });
});
