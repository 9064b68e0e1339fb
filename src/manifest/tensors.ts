import { failure, type MdeployError } from '../core/errors/error.ts';
import { grammars, textProblem } from '../core/names.ts';
import { nearest } from '../core/suggest.ts';
import { type Datatype, type Dim, showSpec, type TensorSpec } from '../core/tensor.ts';
import type { TensorField } from './manifest.ts';
import type { Locate } from './yaml.ts';

export interface WrittenTensor {
  readonly name: string;
  readonly datatype?: Datatype | undefined;
  readonly shape?: readonly Dim[] | null | undefined;
}

/**
 * The model's tensors, in its order, with what the user wrote about them. The user may name axes and narrow free ones
 * to a length; everything else must agree. Disagreements are added to `problems`.
 */
export function agreeTensors(
  kind: 'input' | 'output',
  written: readonly WrittenTensor[],
  actual: readonly TensorSpec[],
  locate: Locate,
  problems: MdeployError[],
): TensorField[] {
  const names = actual.map(({ name }) => name);
  for (const [index, { name }] of written.entries()) {
    if (names.includes(name)) continue;
    const near = nearest(name, names);
    const hint = near === undefined ? `Its ${kind}s are: ${names.join(', ')}.` : `Did you mean "${near}"?`;
    const details = { at: locate([`${kind}s`, index, 'name']), expected: names.join(', '), received: name };
    problems.push(failure('MANIFEST_TENSOR_UNKNOWN', { kind, name, hint }, details));
  }
  return actual.map((tensor, number) => {
    const why = tensor.name === '' ? 'it is empty' : textProblem(tensor.name, 512);
    if (why !== undefined) problems.push(failure('MANIFEST_TENSOR_NAME', { kind, index: number + 1, why }));
    const index = written.findIndex(({ name }) => name === tensor.name);
    return agree(kind, written[index], tensor, [`${kind}s`, index], locate, problems);
  });
}

function agree(
  kind: string,
  written: WrittenTensor | undefined,
  actual: TensorSpec,
  path: readonly PropertyKey[],
  locate: Locate,
  problems: MdeployError[],
): TensorField {
  const { name, datatype } = actual;
  if (written?.datatype !== undefined && written.datatype !== datatype) {
    const expected = datatype;
    const received = written.datatype;
    const at = locate([...path, 'datatype']);
    problems.push(
      failure('MANIFEST_TENSOR_DATATYPE', { kind, name, expected, received }, { at, expected, received }),
    );
  }
  const shape = written?.shape ?? null;
  const why = shape && misfit(shape, actual.shape);
  if (why) {
    const expected = showShape(actual.shape);
    const received = showShape(shape);
    const example = `[${actual.shape?.map(readableDim).join(', ')}]`;
    const at = locate([...path, 'shape']);
    const params = { kind, name, expected, received, example, why };
    problems.push(failure('MANIFEST_TENSOR_SHAPE', params, { at, expected, received }));
  }
  return { name, datatype, shape: mergeShapes(shape, actual.shape) };
}

/** Why a written shape cannot hold for the model's own; undefined when it can. */
function misfit(written: readonly Dim[], actual: readonly Dim[] | null): string | undefined {
  if (actual === null) return undefined;
  if (written.length !== actual.length) return `it has ${actual.length} axes, not ${written.length}`;
  for (const [axis, dim] of actual.entries())
    if (typeof dim === 'number' && written[axis] !== dim)
      return `axis ${axis} is always ${dim}${typeof written[axis] === 'string' ? ', it cannot vary' : ''}`;
  return undefined;
}

function mergeShapes(written: readonly Dim[] | null, actual: readonly Dim[] | null): readonly Dim[] | null {
  const lengths = actual ?? written;
  if (lengths === null) return null;
  return lengths.map((dim, axis) =>
    typeof dim === 'number' ? dim : readableDim(written?.[axis] || dim, axis),
  );
}

/** A length as it is; a name that says something as it is; else `batch` for the first axis and `dim_N`. */
export function readableDim(dim: Dim, axis: number): Dim {
  if (typeof dim === 'number') return dim;
  if (grammars.axis.test(dim) && !madeByExporter.test(dim)) return dim;
  return axis === 0 ? 'batch' : `dim_${axis}`;
}

// tf2onnx and paddle2onnx number their free axes.
const madeByExporter = /^(?:unk__\d+|p2o\.DynamicDimension\.\d+)$/;

function showShape(shape: readonly Dim[] | null): string {
  return shape === null ? 'of any rank' : showSpec({ datatype: 'FP32', shape }).replace(/^FP32/, '');
}
