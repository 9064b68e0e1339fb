import { describe, expect, test } from 'vitest';
import type { Dim, Tensor, TensorSpec } from '../../src/core/tensor.ts';
import { splitRows } from '../../src/optimize/rows.ts';

const spec = (shape: readonly Dim[], name = 'x'): TensorSpec => ({ name, datatype: 'FP32', shape });
const rows = (count: number, width = 2, name = 'x'): Tensor => ({
  name,
  datatype: 'FP32',
  shape: [count, width],
  data: Float32Array.from({ length: count * width }, (_, index) => Math.floor(index / width)),
});
const values = (feeds: ReturnType<typeof splitRows>['judged']) =>
  feeds.flatMap(({ inputs }) => [...(inputs[0]!.data as Float32Array)].filter((_, at) => at % 2 === 0));

describe('rows of data', () => {
  test('every second one calibrates, the others judge', () => {
    const { calibration, judged, rows: count } = splitRows('d.npz', [rows(5)], [spec(['n', 2])]);
    expect(count).toBe(5);
    expect(values(calibration)).toEqual([0, 2, 4]);
    expect(values(judged)).toEqual([1, 3]);
  });

  test('go 32 at a time, or as many as the model takes', () => {
    const free = splitRows('d.npz', [rows(130)], [spec(['n', 2])]);
    expect(free.judged.map(({ inputs }) => inputs[0]!.shape[0])).toEqual([32, 32, 1]);
    const fixed = splitRows('d.npz', [rows(11)], [spec([2, 2])]);
    expect(fixed.judged.map(({ inputs }) => inputs[0]!.shape)).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });

  test('a single one is for both', () => {
    const { calibration, judged } = splitRows('d.npy', [{ ...rows(1), name: '' }], [spec(['n', 2])]);
    expect(calibration).toBe(judged);
    expect(judged[0]?.inputs[0]?.name).toBe('x');
  });

  test('texts are rows too', () => {
    const text: Tensor = { name: 'x', datatype: 'BYTES', shape: [2, 1], data: ['a', 'b'] };
    const found = splitRows('d.npz', [text], [{ name: 'x', datatype: 'BYTES', shape: ['n', 1] }]);
    expect(found.judged[0]?.inputs[0]?.data).toEqual(['b']);
  });

  test('arrays without rows in common are one request', () => {
    const rate: Tensor = { name: 'sr', datatype: 'INT64', shape: [], data: BigInt64Array.of(16_000n) };
    const scalar: TensorSpec = { name: 'sr', datatype: 'INT64', shape: [] };
    const { calibration, judged } = splitRows('d.npz', [rows(4), rate], [spec(['n', 2]), scalar]);
    expect(calibration).toBe(judged);
    expect(judged.map(({ inputs }) => inputs.map(({ shape }) => shape))).toEqual([[[4, 2], []]]);
  });

  test.each([
    [[rows(3)], [spec(['n', 2]), spec(['n', 2], 'y')], 'it has no array named "y"'],
    [[rows(3, 4)], [spec(['n', 2])], '"x" must be FP32[n,2] and is FP32[3,4]'],
    [[rows(1)], [spec([2, 2])], 'it has 1 rows, and the model takes 2 at once'],
  ])('that do not fit are refused with the reason', (tensors, specs, reason) => {
    expect(() => splitRows('d.npz', tensors, specs)).toThrow(
      expect.objectContaining({ code: 'OPTIMIZE_DATA', exit: 2, message: expect.stringContaining(reason) }),
    );
  });
});
