import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { elementCount } from '../src/core/tensor.ts';
import { difference, fromHalf, listCases, loadCase, toHalf } from './fixtures.ts';

describe('fixtures', () => {
  it('has 49 cases, eight of them to be refused', () => {
    const cases = listCases().map(loadCase);
    expect(cases).toHaveLength(49);
    expect(cases.filter((c) => c.expect === 'error')).toHaveLength(8);
  });

  it.each(listCases())('%s: every tensor has as many elements as its shape says', (name) => {
    const loaded = loadCase(name);
    expect(existsSync(loaded.modelPath)).toBe(true);
    const tensors = [...loaded.inputs, ...loaded.outputs];
    expect(tensors.length > 0).toBe(loaded.expect === 'ok');
    for (const tensor of tensors) expect(tensor.data.length, tensor.name).toBe(elementCount(tensor.shape));
  });

  it('converts half floats both ways', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromHalf(bits);
      if (!Number.isNaN(value)) expect(toHalf(value)).toBe(bits);
    }
    expect(fromHalf(toHalf(Number.NaN))).toBeNaN();
    expect(toHalf(70000)).toBe(0x7c00);
  });

  it('tells where two tensors differ', () => {
    const { outputs, tolerance } = loadCase('sklearn/iris_logreg');
    const expected = outputs.find((output) => output.datatype === 'FP32')!;
    expect(difference(expected, expected, tolerance)).toBeUndefined();
    const data = Float32Array.from(expected.data as Float32Array);
    data[3]! += 0.5;
    expect(difference({ ...expected, data }, expected, tolerance)).toMatch(/^probabilities\[3\]: /);
    expect(difference({ ...expected, shape: [12] }, expected, tolerance)).toBe('shape [12] != [4,3]');
    expect(difference({ ...expected, datatype: 'FP64' }, expected, tolerance)).toBe('datatype FP64 != FP32');
  });

  it('compares after argmax where the golden says so', () => {
    const scores = {
      name: 's',
      datatype: 'FP32',
      shape: [2, 3],
      data: Float32Array.of(1, 3, 2, 9, 0, 1),
    } as const;
    const golden = {
      name: 's',
      datatype: 'INT64',
      shape: [2],
      data: BigInt64Array.of(1n, 0n),
      argmax: 1,
    } as const;
    expect(difference(scores, golden, { rtol: 0, atol: 0 })).toBeUndefined();
  });
});
