import { failure } from '../core/errors/error.ts';
import { type AnyTensorData, allocate, type Tensor } from '../core/tensor.ts';

/** Rows (length of the first axis) of the tensor with this name; undefined when it is absent or has no axis. */
export function rowCount(tensors: readonly Tensor[], name: string): number | undefined {
  return tensors.find((tensor) => tensor.name === name)?.shape[0];
}

/** The tensors with only row `row` of the one called `name`; the others as they are. */
export function rowOf(tensors: readonly Tensor[], name: string, row: number): Tensor[] {
  return tensors.map((tensor) => {
    if (tensor.name !== name) return tensor;
    const size = tensor.data.length / tensor.shape[0]!;
    const data = tensor.data.slice(row * size, (row + 1) * size) as AnyTensorData;
    return { ...tensor, shape: [1, ...tensor.shape.slice(1)], data };
  });
}

/**
 * Puts what the rows became one below the other; the other tensors are taken from the request.
 * @throws MdeployError `PREPARATION_FAILED` when the rows differ in shape
 */
export function joinRows(
  tensors: readonly Tensor[],
  parts: readonly (readonly Tensor[])[],
  name: string,
): Tensor[] {
  const rows = parts.map((part) => part.find((tensor) => tensor.name === name)!);
  const others = tensors.filter((tensor) => tensor.name !== name);
  if (rows.length === 0) return [...others];
  return [...others, stack(rows)];
}

function stack(rows: readonly Tensor[]): Tensor {
  const first = rows[0]!;
  const length = rows.reduce((sum, { data }) => sum + data.length, 0);
  const data = allocate(first.datatype, length);
  let at = 0;
  for (const [row, tensor] of rows.entries()) {
    if (tensor.shape.join() !== first.shape.join()) throw unequal(first, tensor, row);
    for (let index = 0; index < tensor.data.length; index++) data[at++] = tensor.data[index] as never;
  }
  return { ...first, shape: [rows.length, ...first.shape.slice(1)], data };
}

function unequal(first: Tensor, other: Tensor, row: number) {
  const size = (tensor: Tensor) => `[${tensor.shape.slice(1).join(', ')}]`;
  return failure(
    'PREPARATION_FAILED',
    {
      step: 'decode_image',
      name: first.name,
      reason: `row ${row} becomes ${size(other)} where row 0 becomes ${size(first)}`,
      expected: 'pictures of one size in one request',
    },
    { field: `${first.name}[${row}]`, expected: size(first), received: size(other) },
  );
}
