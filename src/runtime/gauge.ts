import { failure } from '../core/errors/error.ts';
import { type Dim, elementCount, type Signature, type Tensor, type TensorSpec } from '../core/tensor.ts';
import { unknownInput } from '../core/unknown-input.ts';
import { proveTexts } from './texts.ts';

/** Proves request tensors against a signature and puts them in its order. */
export type Gauge = (tensors: readonly Tensor[]) => readonly Tensor[];

/**
 * Compiles the check once per loaded version. The runtime itself ignores unknown names and reports the rest late.
 * An axis name that the file itself uses twice must have one length in all inputs; names that were made up for
 * unnamed axes promise nothing.
 * @param graph the signature as the file has it
 * @throws (the gauge) MdeployError `INPUT_MISSING`, `INPUT_UNKNOWN`, `INPUT_DUPLICATE`, `INPUT_DATATYPE`,
 *   `INPUT_SHAPE`, `INPUT_VALUE`
 */
export function compileGauge(signature: Signature, graph: Signature = signature): Gauge {
  const specs = signature.inputs;
  const names = specs.map((spec) => spec.name).join(', ');
  const axes = graph.inputs;
  const shared = sharedAxes(axes);
  return (tensors) => {
    if (tensors.length === 1 && specs.length === 1 && tensors[0]!.name === specs[0]!.name) {
      prove(tensors[0]!, specs[0]!);
      if (shared.size > 0) proveAxes(tensors, axes, shared);
      return tensors;
    }
    const ordered = arrange(tensors, specs, names);
    ordered.forEach((tensor, index) => {
      prove(tensor, specs[index]!);
    });
    if (shared.size > 0) proveAxes(ordered, axes, shared);
    return ordered;
  };
}

function arrange(tensors: readonly Tensor[], specs: readonly TensorSpec[], names: string): Tensor[] {
  const given = new Map<string, Tensor>();
  for (const tensor of tensors) {
    if (given.has(tensor.name))
      throw failure('INPUT_DUPLICATE', { name: tensor.name }, { field: tensor.name });
    given.set(tensor.name, tensor);
  }
  const ordered = specs.map((spec) => {
    const tensor = given.get(spec.name);
    if (!tensor) throw failure('INPUT_MISSING', { name: spec.name, inputs: names }, { field: spec.name });
    given.delete(spec.name);
    return tensor;
  });
  for (const name of given.keys()) throw unknownInput(name, specs);
  return ordered;
}

function prove(tensor: Tensor, spec: TensorSpec): void {
  if (tensor.datatype !== spec.datatype) {
    const facts = { expected: spec.datatype, received: tensor.datatype };
    throw failure('INPUT_DATATYPE', { name: spec.name, ...facts }, { field: spec.name, ...facts });
  }
  const { shape } = spec;
  let fits = !shape || tensor.shape.length === shape.length;
  for (let axis = 0; fits && axis < tensor.shape.length; axis++) {
    const length = tensor.shape[axis]!;
    const dim = shape ? shape[axis]! : '';
    // No empty batch: some kernels (LSTM) abort the whole process on one.
    const least = axis === 0 ? 1 : 0;
    fits = typeof dim === 'string' ? length >= least && Number.isSafeInteger(length) : dim === length;
  }
  if (!fits) throw misshapen(tensor, shape, tensor.shape[0] === 0 ? ', and at least one row' : '');
  if (tensor.data.length !== elementCount(tensor.shape)) {
    throw misshapen(
      tensor,
      shape,
      `, that is ${elementCount(tensor.shape)} values instead of ${tensor.data.length}`,
    );
  }
  if (spec.datatype === 'BYTES') proveTexts(tensor);
}

function proveAxes(
  tensors: readonly Tensor[],
  specs: readonly TensorSpec[],
  shared: ReadonlySet<string>,
): void {
  const lengths = new Map<string, { length: number; input: string }>();
  tensors.forEach((tensor, index) => {
    specs[index]!.shape?.forEach((dim, axis) => {
      if (typeof dim !== 'string' || !shared.has(dim)) return;
      const length = tensor.shape[axis]!;
      const known = lengths.get(dim);
      if (!known) lengths.set(dim, { length, input: tensor.name });
      else if (known.length !== length) {
        throw misshapen(
          tensor,
          specs[index]!.shape!,
          `, where ${dim} is ${known.length} as in input "${known.input}"`,
        );
      }
    });
  });
}

// Only names that occur twice can disagree.
function sharedAxes(specs: readonly TensorSpec[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const spec of specs) {
    for (const dim of spec.shape ?? []) {
      if (typeof dim !== 'string' || dim === '') continue;
      if (seen.has(dim)) shared.add(dim);
      seen.add(dim);
    }
  }
  return shared;
}

function misshapen(tensor: Tensor, shape: readonly Dim[] | null, hint: string) {
  const expected = shape ? show(shape) : '[...]';
  const received = `${show(tensor.shape)}${tensor.shape[0] === 0 ? ' (no rows)' : ''}`;
  return failure(
    'INPUT_SHAPE',
    { name: tensor.name, expected, received, hint },
    { field: tensor.name, expected, received },
  );
}

function show(shape: readonly Dim[]): string {
  return `[${shape.map((dim) => (dim === '' ? '?' : dim)).join(',')}]`;
}
