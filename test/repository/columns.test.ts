import { expect, test } from 'vitest';
import type { TensorSpec } from '../../src/core/tensor.ts';
import { columnsOf } from '../../src/repository/columns.ts';

const x: TensorSpec = { name: 'X', datatype: 'FP32', shape: ['batch', 2] };
const y: TensorSpec = { name: 'Y', datatype: 'FP32', shape: ['batch'] };

test('columns are known for the inputs that have them', () => {
  expect(columnsOf({ inputs: [{ ...x, columns: ['a', 'b'] }, y] }, [x, y])).toEqual(
    new Map([['X', ['a', 'b']]]),
  );
});

test.each([
  ['gone', [y], 'no'],
  ['of another length', [{ ...x, shape: ['batch', 3] }], '3'],
  ['an image now', [{ ...x, datatype: 'BYTES', shape: ['batch'] }], '1'],
] as const)('an input that a step has made %s has no columns', (_, taken, expected) => {
  expect(() => columnsOf({ inputs: [{ ...x, columns: ['a', 'b'] }] }, taken)).toThrow(
    expect.objectContaining({
      code: 'MANIFEST_COLUMNS_COUNT',
      message: `The input "X" has ${expected} values along its last axis but 2 columns.`,
    }),
  );
});
