import { failure } from '../../core/errors/error.ts';
import { allocate, type Tensor, type TensorSpec } from '../../core/tensor.ts';

/** What a model takes, in the words of tables. */
export interface TabularModel {
  readonly inputs: readonly TensorSpec[];
  /** Names of the features along the last axis, by input, as far as they are known. */
  readonly features: ReadonlyMap<string, readonly string[]>;
}

export interface TablePlan {
  /** By column of the table: what its cells are elements of; undefined: the model has no use for it. */
  readonly targets: readonly (TensorSpec | undefined)[];
  /** The model's inputs, from the columns as tensors whose first axis counts rows. */
  assemble(columns: readonly (Tensor | undefined)[]): readonly Tensor[];
}

/**
 * Finds where the columns of a table belong, by name: an input of that name; else the features of an input, where the
 * manifest names them; else, with one input, all columns in their order. Without names, by position. Columns that are
 * nobody's are passed over, as data frames have more of them than models take.
 * @throws MdeployError `COLUMN_MISSING`, `INPUT_DUPLICATE`, `REQUEST_INVALID`
 */
export function planTable(
  { names, width }: { readonly names?: readonly string[] | undefined; readonly width: number },
  model: TabularModel,
): TablePlan {
  if (width > maxColumns) {
    const problem = `The table has ${width} columns, more than ${maxColumns}.`;
    throw failure('REQUEST_INVALID', { problem, fix: 'Send a tensor instead of a table.' });
  }
  const places = names ? placesByName(names, model) : placesByPosition(width, model);
  const targets = new Array<TensorSpec | undefined>(width).fill(undefined);
  model.inputs.forEach(({ name, datatype }, index) => {
    for (const place of places[index]!)
      targets[place] = { name: names?.[place] ?? name, datatype, shape: [] };
  });
  return {
    targets,
    assemble: (columns) =>
      model.inputs.map((spec, index) =>
        stack(
          spec,
          places[index]!.map((place) => columns[place]!),
        ),
      ),
  };
}

function placesByName(names: readonly string[], { inputs, features }: TabularModel): number[][] {
  const placeOf = new Map<string, number>();
  names.forEach((name, place) => {
    if (placeOf.has(name)) throw failure('INPUT_DUPLICATE', { name }, { field: name });
    placeOf.set(name, place);
  });
  const find = (name: string) => {
    const place = placeOf.get(name);
    if (place !== undefined) return place;
    const columns = inputs.flatMap((spec) => features.get(spec.name) ?? [spec.name]).join(', ');
    throw failure('COLUMN_MISSING', { name, columns }, { field: name, expected: name });
  };
  return inputs.map(({ name }) => {
    const known = features.get(name);
    if (known && !placeOf.has(name)) return known.map(find);
    if (inputs.length > 1 || placeOf.has(name)) return [find(name)];
    return names.map((_, place) => place);
  });
}

function placesByPosition(width: number, { inputs, features }: TabularModel): number[][] {
  if (inputs.length === 1) return [Array.from({ length: width }, (_, place) => place)];
  const counts = inputs.map(({ name, shape }) => features.get(name)?.length ?? fixedWidth(shape));
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== width) {
    const shown = inputs.map(({ name }, index) => `${name} (${counts[index]})`).join(', ');
    const problem = `The table has ${width} columns without names, the model takes ${total}: ${shown}.`;
    const details = { expected: String(total), received: String(width) };
    throw failure(
      'REQUEST_INVALID',
      { problem, fix: 'Send the columns of every input, in this order.' },
      details,
    );
  }
  let next = 0;
  return counts.map((count) => Array.from({ length: count }, () => next++));
}

function fixedWidth(shape: TensorSpec['shape']): number {
  const last = shape?.length === 2 ? shape[1] : 1;
  return typeof last === 'number' ? last : 1;
}

function stack({ name, datatype, shape }: TensorSpec, columns: readonly Tensor[]): Tensor {
  const [only] = columns;
  if (columns.length === 1 && only) {
    const isFlat = only.shape.length === 1 && shape?.length !== 1;
    return { name, datatype, shape: isFlat ? [only.shape[0]!, 1] : only.shape, data: only.data };
  }
  const rows = only?.shape[0] ?? 0;
  const data = allocate(datatype, rows * columns.length);
  columns.forEach((column, place) => {
    if (column.shape.length !== 1) throw noValue(column.name);
    for (let row = 0; row < rows; row++) data[row * columns.length + place] = column.data[row]!;
  });
  return { name, datatype, shape: [rows, columns.length], data };
}

function noValue(name: string) {
  const problem = `Column "${name}" holds lists, where one of several features is one value per row.`;
  return failure('REQUEST_INVALID', { problem, fix: 'Send one value per row and column.' }, { field: name });
}

const maxColumns = 65_536;
