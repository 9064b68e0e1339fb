import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeFloat16 } from '../../src/core/float16.ts';
import { datatypes, elementCount, type TensorSpec } from '../../src/core/tensor.ts';
import { makeUpFeeds } from '../../src/proof/made-up.ts';

const spec = (datatype: TensorSpec['datatype'], shape: TensorSpec['shape']): TensorSpec => ({
  name: 'x',
  datatype,
  shape,
});

describe('made-up inputs', () => {
  test.each(datatypes)('of %s fit the signature, and are the same every time', (datatype) => {
    const make = () => makeUpFeeds([spec(datatype, ['batch', 3, 'n'])], { indexes: 8 });
    const feeds = make();
    expect(feeds.map(({ name }) => name)).toEqual(['random', 'edge', 'zeros', 'large']);
    for (const { inputs } of feeds) {
      const [tensor] = inputs;
      expect(tensor).toMatchObject({ name: 'x', datatype });
      expect(tensor!.shape[1]).toBe(3);
      expect(tensor!.data.length).toBe(elementCount(tensor!.shape));
    }
    expect(make()).toEqual(feeds);
    const lengths = feeds.map(({ inputs }) => inputs[0]!.shape[2]);
    expect(new Set(lengths).size).toBe(4);
  });

  test('whole numbers stay below the limit of indexes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), (indexes) =>
        makeUpFeeds([spec('INT64', ['n', 5])], { indexes }).every(({ inputs }) =>
          (inputs[0]!.data as BigInt64Array).every((value) => value >= 0n && value < BigInt(indexes)),
        ),
      ),
    );
  });

  test('floats are spread round zero; zeros are zeros', () => {
    const feeds = makeUpFeeds([spec('FP32', [1, 1000])], { indexes: 8 });
    const values = (name: string) =>
      feeds.find((feed) => feed.name === name)!.inputs[0]!.data as Float32Array;
    const random = values('random');
    const mean = random.reduce((sum, value) => sum + value, 0) / random.length;
    expect(Math.abs(mean)).toBeLessThan(0.15);
    expect(Math.max(...random)).toBeGreaterThan(2);
    expect(Math.max(...values('large'))).toBeGreaterThan(20);
    expect(values('zeros').every((value) => value === 0)).toBe(true);
    const halves = makeUpFeeds([spec('FP16', [1, 6])], { indexes: 8 })[1]!.inputs[0]!.data as Uint16Array;
    expect([...halves].map(decodeFloat16).slice(0, 2)).toEqual([-1, 1]);
  });

  test('are none where they would fill the memory', () => {
    expect(makeUpFeeds([spec('FP32', [5000, 5000])], { indexes: 8 })).toEqual([]);
  });
});
