import { failure, type MdeployError } from '../core/errors/error.ts';
import { elementCount, showSpec, type Tensor, type TensorSpec } from '../core/tensor.ts';
import type { NamedFeed } from '../proof/made-up.ts';

/** Rows of one run where the first axis is free. */
const chunk = 32;
/** More rows than this would only cost time. */
const maxRows = 2048;

export interface SplitRows {
  readonly calibration: readonly NamedFeed[];
  readonly judged: readonly NamedFeed[];
  readonly rows: number;
}

/**
 * Arrays as feeds for a model. Every second row is for calibration, the others are for judging, so that no
 * variant is judged by what it was made with; a single feed is for both.
 * @throws MdeployError `OPTIMIZE_DATA`
 */
export function splitRows(file: string, tensors: readonly Tensor[], specs: readonly TensorSpec[]): SplitRows {
  const columns = specs.map((spec) => columnOf(file, tensors, spec));
  const counts = new Set(columns.map(({ shape }) => shape[0]));
  // Without rows in common they are one request: a state beside a batch, a scalar beside a signal.
  if (counts.size !== 1 || counts.has(undefined)) {
    const one = [{ name: 'the data', inputs: columns }];
    return { calibration: one, judged: one, rows: 1 };
  }
  const rows = Math.min([...counts][0] ?? 1, maxRows);
  const fixed = specs.map(({ shape }) => shape?.[0]).find((dim) => typeof dim === 'number');
  const step = (fixed as number | undefined) ?? chunk;
  const all = Array.from({ length: rows }, (_, row) => row);
  const halves = [all.filter((row) => row % 2 === 0), all.filter((row) => row % 2 === 1)];
  const [calibration, judged] = halves.map((half) => feedsOf(columns, half, step, fixed !== undefined));
  if (calibration!.length > 0 && judged!.length > 0)
    return { calibration: calibration!, judged: judged!, rows };
  const whole = feedsOf(columns, all, step, fixed !== undefined);
  if (whole.length === 0) throw wrong(file, `it has ${rows} rows, and the model takes ${step} at once`);
  return { calibration: whole, judged: whole, rows };
}

function columnOf(file: string, tensors: readonly Tensor[], spec: TensorSpec): Tensor {
  const only = tensors.length === 1 && tensors[0]!.name === '' ? tensors[0] : undefined;
  const tensor = only ?? tensors.find(({ name }) => name === spec.name);
  if (!tensor) throw wrong(file, `it has no array named "${spec.name}"`);
  const fits =
    tensor.datatype === spec.datatype &&
    (spec.shape === null ||
      (spec.shape.length === tensor.shape.length &&
        spec.shape.every(
          (dim, axis) => axis === 0 || typeof dim === 'string' || dim === tensor.shape[axis],
        )));
  if (!fits) throw wrong(file, `"${spec.name}" must be ${showSpec(spec)} and is ${showSpec(tensor)}`);
  return { ...tensor, name: spec.name };
}

// Where a model takes a fixed number of rows at once, what is left over is left out.
function feedsOf(
  columns: readonly Tensor[],
  rows: readonly number[],
  step: number,
  isFixed: boolean,
): NamedFeed[] {
  const feeds: NamedFeed[] = [];
  for (let from = 0; from < rows.length; from += step) {
    const part = rows.slice(from, from + step);
    if (isFixed && part.length < step) break;
    feeds.push({ name: `rows ${feeds.length}`, inputs: columns.map((column) => take(column, part)) });
  }
  return feeds;
}

function take(tensor: Tensor, rows: readonly number[]): Tensor {
  const shape = [rows.length, ...tensor.shape.slice(1)];
  const width = elementCount(tensor.shape.slice(1));
  const parts = rows.map((row) => tensor.data.slice(row * width, (row + 1) * width));
  const first = parts[0]!;
  if (Array.isArray(first)) return { ...tensor, shape, data: (parts as string[][]).flat() };
  const Store = first.constructor as new (length: number) => Float32Array;
  const data = new Store(rows.length * width);
  for (const [index, part] of parts.entries()) data.set(part as Float32Array, index * width);
  return { ...tensor, shape, data };
}

function wrong(file: string, reason: string): MdeployError {
  return failure('OPTIMIZE_DATA', { file, reason }, { at: { file } });
}
