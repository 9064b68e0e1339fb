import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, fp32, model, numbers, steps } from '../context.ts';

async function resize(
  shape: readonly (number | string)[],
  size: unknown,
  source: number[],
  values: number[],
) {
  const { prepare, userSignature } = await compile(model({ shape }), { pre: steps({ resize: size }) });
  const [result] = await prepare!([fp32('x', source, values)]);
  return { seen: userSignature.inputs[0]!.shape, shape: result!.shape, values: numbers(result) };
}

describe('resize', () => {
  test('leaves a picture of the right size as it is, to the bit', async () => {
    const values = [0, 1.5, -3, 255, 7, 8];
    expect((await resize(['batch', 1, 2, 3], [2, 3], [1, 1, 2, 3], values)).values).toEqual(values);
  });

  test('averages when it halves: every pixel counts', async () => {
    // Triangle of support 2 round each centre: for [0, 4, 8, 12] → weights 3/8·… normalised at the edges.
    const { values } = await resize(['batch', 1, 1, 2], [1, 2], [1, 1, 1, 4], [0, 4, 8, 12]);
    expect(values[0]! + values[1]!).toBeCloseTo(12, 5);
    expect(values[0]).toBeCloseTo((0 * 3 + 4 * 3 + 8 * 1) / 7, 5);
    expect(values[1]).toBeCloseTo((4 * 1 + 8 * 3 + 12 * 3) / 7, 5);
  });

  test('interpolates when it doubles', async () => {
    const { values } = await resize(['batch', 1, 1, 4], [1, 4], [1, 1, 1, 2], [0, 4]);
    expect(values).toEqual([0, 1, 3, 4]);
  });

  test('agrees with Pillow on floats', async () => {
    // Image.fromarray(a, mode="F").resize((4, 3), Image.BILINEAR) of a 7 × 5 picture, Pillow 12
    const source = Array.from({ length: 35 }, (_, index) => (index * 37) % 256);
    const expected = [112.9643, 110.4167, 89.5833, 91.6071, 112.4853, 104.201];
    const rest = [129.799, 121.5147, 142.3929, 144.4167, 123.5833, 121.0357];
    const { values } = await resize(['batch', 1, 3, 4], [3, 4], [1, 1, 7, 5], source);
    [...expected, ...rest].forEach((value, index) => {
      expect(values[index]).toBeCloseTo(value, 3);
    });
  });

  test('takes the nearest pixel when asked to', async () => {
    const size = { size: [1, 4], method: 'nearest' };
    expect((await resize(['batch', 1, 1, 4], size, [1, 1, 1, 2], [0, 4])).values).toEqual([0, 0, 4, 4]);
  });

  test.each([
    {
      name: 'channels first',
      shape: ['batch', 2, 1, 1],
      source: [1, 2, 1, 2],
      seen: ['batch', 2, 'height', 'width'],
      values: [2, 20],
    },
    {
      name: 'channels last',
      shape: ['batch', 1, 1, 2],
      source: [1, 1, 2, 2],
      seen: ['batch', 'height', 'width', 2],
      values: [6, 16],
    },
  ])('knows $name', async ({ shape, source, seen, values }) => {
    const given = await resize(shape, [1, 1], source, [1, 3, 11, 29]);
    expect(given).toEqual({ seen, shape: [1, ...shape.slice(1)], values });
  });

  test('knows a plane without channels, and a flat row', async () => {
    expect(await resize(['batch', 1, 2], [1, 2], [1, 2, 2], [1, 2, 3, 4])).toMatchObject({
      shape: [1, 1, 2],
      values: [2, 3],
    });
    const flat = await resize(['batch', 4], [2, 2], [2, 1, 1], [5, 6]);
    expect(flat).toEqual({
      seen: ['batch', 'height', 'width'],
      shape: [2, 4],
      values: [5, 5, 5, 5, 6, 6, 6, 6],
    });
  });

  test('rounds and keeps within bytes for UINT8 tensors', async () => {
    const { prepare } = await compile(model({ datatype: 'UINT8', shape: ['batch', 1, 4] }), {
      pre: steps({ resize: [1, 4] }),
    });
    const [result] = await prepare!([
      { name: 'x', datatype: 'UINT8', shape: [1, 1, 2], data: Uint8Array.of(0, 255) },
    ]);
    expect(result).toEqual({
      name: 'x',
      datatype: 'UINT8',
      shape: [1, 1, 4],
      data: Uint8Array.of(0, 64, 191, 255),
    });
  });

  test('never leaves the range of its source, and a flat picture stays flat', async () => {
    const side = fc.integer({ min: 1, max: 9 });
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        side,
        side,
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        async (h, w, toH, toW, stream) => {
          const values = [...stream.take(h * w)];
          const given = await resize(['batch', 1, toH, toW], [toH, toW], [1, 1, h, w], values);
          expect(given.values).toHaveLength(toH * toW);
          expect(Math.max(...given.values)).toBeLessThanOrEqual(Math.max(...values) + 1e-3);
          expect(Math.min(...given.values)).toBeGreaterThanOrEqual(Math.min(...values) - 1e-3);
          const flat = await resize(
            ['batch', 1, toH, toW],
            [toH, toW],
            [1, 1, h, w],
            new Array<number>(h * w).fill(77),
          );
          for (const value of flat.values) expect(value).toBeCloseTo(77, 4);
        },
      ),
      { numRuns: 40 },
    );
  });
});
