import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, fp32, model, numbers, steps } from '../context.ts';

const labels = ['ant', 'bee', 'cat'];

describe('top_k', () => {
  test('gives labels and scores, best first, row by row', async () => {
    const { finish } = await compile(model({ shape: [1] }), { post: steps({ top_k: 2 }), labels });
    expect(await finish!([fp32('y', [2, 3], [0.1, 0.7, 0.2, 0.5, 0.1, 0.4])])).toEqual([
      { name: 'label', datatype: 'BYTES', shape: [2, 2], data: ['bee', 'cat', 'ant', 'cat'] },
      fp32('score', [2, 2], [0.7, 0.2, 0.5, 0.4]),
    ]);
  });

  test('gives INT64 indices where the manifest has no labels', async () => {
    const { finish, userSignature } = await compile(model({ shape: [1] }), {
      post: steps({ top_k: { k: 1, output: 'y' } }),
    });
    expect(userSignature.outputs[0]).toEqual({ name: 'index', datatype: 'INT64', shape: ['batch', 1] });
    const [index] = await finish!([fp32('y', [1, 3], [1, 2, 3])]);
    expect(index).toEqual({ name: 'index', datatype: 'INT64', shape: [1, 1], data: BigInt64Array.of(2n) });
  });

  test('keeps the order of equal scores, and takes NaN for the lowest', async () => {
    const { finish } = await compile(model({ shape: [1] }), { post: steps({ top_k: 3 }) });
    const [equal] = await finish!([fp32('y', [1, 3], [5, 5, 5])]);
    expect(numbers(equal)).toEqual([0, 1, 2]);
    const [holes] = await finish!([fp32('y', [1, 3], [Number.NaN, 1, Number.NEGATIVE_INFINITY])]);
    expect(numbers(holes)).toEqual([1, 0, 2]);
  });

  test('stands beside other outputs in their order', async () => {
    const signature = {
      inputs: [],
      outputs: [
        { name: 'a', datatype: 'FP32', shape: ['batch', 2] },
        { name: 'b', datatype: 'FP32', shape: ['batch', 2] },
      ],
    } as const;
    const { userSignature, finish } = await compile(signature, {
      post: steps({ top_k: { k: 1, output: 'a' } }),
    });
    expect(userSignature.outputs.map(({ name }) => name)).toEqual(['index', 'score', 'b']);
    const given = await finish!([fp32('a', [1, 2], [1, 2]), fp32('b', [1, 2], [3, 4])]);
    expect(given.map(({ name }) => name)).toEqual(['index', 'score', 'b']);
  });

  test('refuses a name that is taken', async () => {
    const signature = {
      inputs: [],
      outputs: [
        { name: 'y', datatype: 'FP32', shape: ['batch', 2] },
        { name: 'score', datatype: 'FP32', shape: ['batch'] },
      ],
    } as const;
    const compiled = compile(signature, { post: steps({ top_k: { k: 1, output: 'y' } }) });
    await expect(compiled).rejects.toMatchObject({
      code: 'TRANSFORM_MISFIT',
      message: expect.stringContaining('already an output "score"'),
    });
  });

  test('finds at run time what an open axis hid at load time', async () => {
    const open = model({ shape: [1] }, { shape: ['batch', 'classes'] });
    const few = await compile(open, { post: steps({ top_k: 3 }) });
    expect(() => few.finish!([fp32('y', [1, 2], [1, 2])])).toThrow(
      expect.objectContaining({
        code: 'FINISHING_FAILED',
        details: { field: 'y', expected: '3 classes', received: '2' },
      }),
    );
    const unlabelled = await compile(open, { post: steps({ top_k: 1 }), labels: ['one'] });
    expect(() => unlabelled.finish!([fp32('y', [1, 2], [1, 2])])).toThrow(
      expect.objectContaining({ code: 'FINISHING_FAILED' }),
    );
  });

  test('agrees with sorting, for any scores and k', async () => {
    const scores = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(scores, fc.nat(), async (row, seed) => {
        const k = 1 + (seed % row.length);
        const open = model({ shape: [1] }, { shape: ['batch', row.length] });
        const { finish } = await compile(open, { post: steps({ top_k: k }) });
        const [index, score] = await finish!([fp32('y', [1, row.length], row)]);
        expect(numbers(score)).toEqual(
          row
            .toSorted((a, b) => b - a)
            .slice(0, k)
            .map((value) => value),
        );
        expect(numbers(index).map((at) => row[at])).toEqual(numbers(score));
        expect(new Set(numbers(index)).size).toBe(k);
      }),
      { numRuns: 60 },
    );
  });
});
