import { failure } from '../../core/errors/error.ts';
import type { Tensor, TensorSpec } from '../../core/tensor.ts';

export interface Fitted {
  readonly inputs: readonly Tensor[];
  /** One row was sent without a batch axis, so its answer has none either. */
  readonly isOneRow: boolean;
}

/**
 * Adds the batch axis that people leave out: a tensor with one axis less than the signature is one row. An input of
 * one value per row (`[batch, 1]`) also takes a bare value as one row, and by name a flat list as many rows.
 * What fits neither goes on as it is; the gauge says what is wrong with it.
 * @throws MdeployError `REQUEST_INVALID` for one row beside many
 */
export function fitInputs(
  tensors: readonly Tensor[],
  specs: readonly TensorSpec[],
  isNamed: boolean,
): Fitted {
  const fits = tensors.map((tensor, index) => fitOne(tensor, specs[index]!, isNamed));
  const counted = fits.filter(({ rows }) => rows !== 'none');
  const isOneRow = counted.length > 0 && counted.every(({ rows }) => rows === 'one');
  const stray = isOneRow ? undefined : counted.findIndex(({ rows }) => rows === 'one');
  if (stray !== undefined && stray >= 0 && counted.some(({ rows }) => rows === 'many')) {
    const { name } = counted[stray]!.tensor;
    const problem = `Input "${name}" holds one row, and other inputs hold a list of rows.`;
    throw failure(
      'REQUEST_INVALID',
      { problem, fix: 'Send every input as a list of rows.' },
      { field: name },
    );
  }
  return { inputs: fits.map(({ tensor }) => tensor), isOneRow };
}

/** Inputs of one value per row (`[batch, 1]`) also as a flat list, as columns of tables are. */
export function fitColumns(tensors: readonly Tensor[], specs: readonly TensorSpec[]): readonly Tensor[] {
  return tensors.map((tensor, index) => {
    const { shape } = specs[index]!;
    const isFlat = tensor.shape.length === 1 && shape !== null && shape.length > 1 && hasBatchAxis(shape);
    if (!isFlat || !shape.slice(1).every((dim) => dim === 1)) return tensor;
    return reshape(tensor, [tensor.shape[0]!, ...shape.slice(1).map(() => 1)]);
  });
}

interface Fit {
  readonly tensor: Tensor;
  /** `none`: the input has no batch axis. */
  readonly rows: 'one' | 'many' | 'none';
}

function fitOne(tensor: Tensor, spec: TensorSpec, isNamed: boolean): Fit {
  const { shape } = spec;
  if (!shape || !hasBatchAxis(shape)) return { tensor, rows: 'none' };
  const given = tensor.shape;
  // An empty list is no rows, not one row of nothing.
  if (given[0] === 0) return { tensor, rows: 'many' };
  const isSingle = shape.slice(1).every((dim) => dim === 1);
  if (isSingle && given.length === 0)
    return {
      tensor: reshape(
        tensor,
        shape.map(() => 1),
      ),
      rows: 'one',
    };
  if (isSingle && isNamed && given.length === 1 && shape.length > 1)
    return { tensor: reshape(tensor, [given[0]!, ...shape.slice(1).map(() => 1)]), rows: 'many' };
  if (given.length === shape.length - 1) return { tensor: reshape(tensor, [1, ...given]), rows: 'one' };
  return { tensor, rows: 'many' };
}

/** Whether the first axis counts rows: a free length, or a batch that the model fixed to one. */
export function hasBatchAxis(shape: TensorSpec['shape']): boolean {
  return shape !== null && (typeof shape[0] === 'string' || shape[0] === 1);
}

function reshape(tensor: Tensor, shape: readonly number[]): Tensor {
  return { ...tensor, shape };
}
