import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFloat16, encodeFloat16 } from '../../../src/core/float16.ts';
import { compile, fp32, model, numbers, steps } from '../context.ts';

describe('scale', () => {
  test('multiplies every value and changes nothing else', async () => {
    const { prepare, userSignature } = await compile(model({ shape: ['batch', 3] }), {
      pre: steps({ scale: 0.0625 }),
    });
    expect(userSignature.inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: ['batch', 3] }]);
    expect(prepare!([fp32('x', [1, 3], [0, 8, 16])])).toEqual([fp32('x', [1, 3], [0, 0.5, 1])]);
  });

  test('does not write into the request', async () => {
    const { prepare } = await compile(model({ shape: ['batch', 1] }), { pre: steps({ scale: 2 }) });
    const given = fp32('x', [1, 1], [3]);
    await prepare!([given]);
    expect(numbers(given)).toEqual([3]);
  });

  test('works behind the model too', async () => {
    const { finish } = await compile(model({ shape: [1] }), {
      post: steps({ scale: { by: 100, output: 'y' } }),
    });
    expect(finish!([fp32('y', [1, 3], [0.5, 0.25, 0.25])])).toEqual([fp32('y', [1, 3], [50, 25, 25])]);
  });

  test('rounds halves to halves', async () => {
    const { prepare } = await compile(model({ datatype: 'FP16', shape: ['batch', 2] }), {
      pre: steps({ scale: 0.5 }),
    });
    const [result] = await prepare!([
      { name: 'x', datatype: 'FP16', shape: [1, 2], data: Uint16Array.from([3, -1], encodeFloat16) },
    ]);
    expect(Array.from(result!.data as Uint16Array, decodeFloat16)).toEqual([1.5, -0.5]);
  });

  test('leaves a tensor of another datatype to the gauge', async () => {
    const { prepare } = await compile(model({ shape: ['batch', 1] }), { pre: steps({ scale: 2 }) });
    const wrong = { name: 'x', datatype: 'INT64', shape: [1, 1], data: BigInt64Array.of(3n) } as const;
    expect(prepare!([wrong])).toEqual([wrong]);
  });

  test('is refused before a whole-number input', async () => {
    const compiled = compile(model({ datatype: 'INT64', shape: ['batch', 1] }), { pre: steps({ scale: 2 }) });
    await expect(compiled).rejects.toMatchObject({
      code: 'TRANSFORM_MISFIT',
      details: { field: 'x', received: 'INT64[batch,1]' },
    });
  });

  test('by a factor is multiplication in double precision, rounded once', async () => {
    const value = fc.float({ noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(value),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        async (values, by) => {
          const { prepare } = await compile(model({ shape: ['batch', 1] }), { pre: steps({ scale: by }) });
          const [result] = await prepare!([fp32('x', [values.length, 1], values)]);
          expect(numbers(result)).toEqual(values.map((each) => Math.fround(each * by)));
        },
      ),
      { numRuns: 60 },
    );
  });
});
