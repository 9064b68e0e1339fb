import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BytesElement, type Datatype, datatypes, type Tensor } from '../../src/core/tensor.ts';
import { questionKey, ResponseCache } from '../../src/runtime/response-cache.ts';

const tensor = (name: string, values: readonly number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const answer = (value: number) => [tensor('y', [value])];
/** What an answer of one small tensor is counted as. */
const each = 256 + 512 + 4;

describe('ResponseCache', () => {
  test('gives back what was put, bit by bit, and nothing else', () => {
    const cache = new ResponseCache(10 * each);
    const odd = {
      ...tensor('y', [0, 0]),
      data: new Float32Array(Uint32Array.of(0x7fc12345, 1 << 31).buffer),
    };
    cache.put('a', [odd]);
    const [given] = cache.get('a')!;
    expect(given).toMatchObject({ name: 'y', datatype: 'FP32', shape: [2] });
    expect(new Uint32Array((given!.data as Float32Array).buffer)).toEqual(
      Uint32Array.of(0x7fc12345, 2 ** 31),
    );
    expect(cache.get('b')).toBeUndefined();
  });

  test('holds a copy: of a batch, only the rows that were asked for stay in memory', () => {
    const batch = new Float32Array(1000);
    const cache = new ResponseCache(10 * each);
    cache.put('a', [{ name: 'y', datatype: 'FP32', shape: [1], data: batch.subarray(3, 4) }]);
    batch[3] = 7;
    const { data } = cache.get('a')![0]!;
    expect([...(data as Float32Array)]).toEqual([0]);
    expect((data as Float32Array).buffer.byteLength).toBe(4);
  });

  test('lets go of what was used longest ago', () => {
    const cache = new ResponseCache(3 * each);
    for (const [index, key] of ['a', 'b', 'c'].entries()) cache.put(key, answer(index));
    cache.get('a');
    cache.put('d', answer(3));
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(cache.bytes).toBe(3 * each);
  });

  test('does not keep what is larger than all of it, and loses nothing to it', () => {
    const cache = new ResponseCache(2 * each);
    cache.put('a', answer(1));
    cache.put('b', [tensor('y', new Array<number>(1000).fill(0))]);
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('a')).toBeDefined();
  });

  test('counts texts, too', () => {
    const cache = new ResponseCache(1e6);
    cache.put('a', [{ name: 'y', datatype: 'BYTES', shape: [2], data: ['abcd', Uint8Array.of(1, 2)] }]);
    expect(cache.bytes).toBe(256 + 512 + 2 * 32 + 2 * 6);
    expect(cache.get('a')![0]!.data).toEqual(['abcd', Uint8Array.of(1, 2)]);
  });

  test('is empty when it was cleared', () => {
    const cache = new ResponseCache(1e6);
    cache.put('a', answer(1));
    cache.clear();
    expect([cache.bytes, cache.get('a')]).toEqual([0, undefined]);
  });

  test('is the reference, whatever is put and asked', () => {
    const step = fc.record({ isPut: fc.boolean(), key: fc.integer({ min: 0, max: 9 }), length: fc.nat(60) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 5000 }), (steps, limit) => {
        const cache = new ResponseCache(limit);
        let kept: { key: number; values: number[] }[] = [];
        const sizeOf = ({ values }: { values: number[] }) => 256 + 512 + 4 * values.length;
        const total = () => kept.reduce((sum, entry) => sum + sizeOf(entry), 0);
        for (const [index, { isPut, key, length }] of steps.entries()) {
          const known = kept.find((entry) => entry.key === key);
          if (isPut) {
            const entry = { key, values: new Array<number>(length).fill(index) };
            cache.put(String(key), [tensor('y', entry.values)]);
            if (sizeOf(entry) > limit) continue;
            kept = [...kept.filter((other) => other !== known), entry];
            while (total() > limit) kept.shift();
          } else {
            const values = cache.get(String(key))?.[0]?.data;
            expect(values && [...(values as Float32Array)]).toEqual(known?.values);
            if (known) kept = [...kept.filter((other) => other !== known), known];
          }
          expect(cache.bytes).toBe(total());
          expect(cache.bytes).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });
});

describe('questionKey', () => {
  const x = tensor('x', [1, 2]);

  test.each<[string, readonly Tensor[], readonly string[]]>([
    ['another value', [tensor('x', [1, 3])], ['y']],
    ['a zero with another sign', [tensor('x', [1, 2]), tensor('z', [-0])], ['y']],
    ['another name', [tensor('w', [1, 2])], ['y']],
    ['another shape', [{ ...x, shape: [2, 1] }], ['y']],
    ['another datatype of the same bytes', [{ ...x, datatype: 'INT32', data: bits(x) }], ['y']],
    ['one more input', [x, tensor('z', [])], ['y']],
    ['other outputs', [x], ['z']],
    ['outputs in another order', [x], ['z', 'y']],
    ['more outputs', [x], ['y', 'z']],
  ])('tells %s', (_, inputs, outputs) => {
    const others = [questionKey([x], ['y']), questionKey([x, tensor('z', [0])], ['y'])];
    expect(others).not.toContain(questionKey(inputs, outputs));
  });

  test('is the same for the same question, wherever its bytes lie', () => {
    const wide = Float32Array.of(0, 1, 2, 0);
    expect(questionKey([{ ...x, data: wide.subarray(1, 3) }], ['y'])).toBe(questionKey([x], ['y']));
  });

  test('is the same for a text and for its bytes, which are the same to a model', () => {
    const asked = (data: BytesElement[]): Tensor => ({
      name: 't',
      datatype: 'BYTES',
      shape: [data.length],
      data,
    });
    expect(questionKey([asked(['é'])], ['y'])).toBe(questionKey([asked([Uint8Array.of(0xc3, 0xa9)])], ['y']));
    expect(questionKey([asked(['ab', 'c'])], ['y'])).not.toBe(questionKey([asked(['a', 'bc'])], ['y']));
    expect(questionKey([asked(['1:a'])], ['y'])).not.toBe(questionKey([asked(['a'])], ['y']));
  });

  test.each([10, 2040, 2041, 2048, 200_000])('of %i values tells the last from the first', (count) => {
    const values = new Array<number>(count).fill(0);
    const first = tensor('x', [1, ...values]);
    const last = tensor('x', [...values, 1]);
    expect(questionKey([first], ['y'])).not.toBe(questionKey([last], ['y']));
    expect(questionKey([first], ['y'])).toBe(questionKey([structuredClone(first)], ['y']));
  });

  test('is equal exactly for equal questions', () => {
    const byte = fc.integer({ min: 0, max: 2 });
    const name = fc.constantFrom('x', 'x1', '1:x', ';x');
    const input = fc.record({
      name,
      datatype: fc.constantFrom<Datatype>('UINT8', 'INT8', 'BOOL'),
      data: fc.array(byte, { maxLength: 3 }).map((values) => Uint8Array.from(values)),
    });
    const question = fc.tuple(fc.array(input, { maxLength: 3 }), fc.array(name, { maxLength: 2 }));
    const built = ([inputs, outputs]: [Omit<Tensor, 'shape'>[], string[]]) =>
      questionKey(
        inputs.map((each) => ({ ...each, shape: [each.data.length] })),
        outputs,
      );
    const written = ([inputs, outputs]: [Omit<Tensor, 'shape'>[], string[]]) =>
      JSON.stringify([inputs.map((each) => ({ ...each, data: [...each.data] })), outputs]);
    fc.assert(
      fc.property(question, question, (one, other) => {
        expect(built(one) === built(other)).toBe(written(one) === written(other));
      }),
      { numRuns: 500 },
    );
    expect(datatypes.every((datatype) => /^[A-Z]+\d*$/.test(datatype))).toBe(true);
  });
});

function bits({ data }: Tensor): Int32Array {
  return new Int32Array((data as Float32Array).buffer.slice(0));
}
