import { failure, type MdeployError } from '../../core/errors/error.ts';
import { decodeFloat16 } from '../../core/float16.ts';
import type { InferResponse } from '../../core/inference.ts';
import type { Tensor, TensorSpec } from '../../core/tensor.ts';
import type { ModelFacts } from '../protocol.ts';

export interface ClassScore {
  readonly label: string;
  readonly score: number;
}

/** How a model's outputs are read as TF Serving's results, one per example. */
export interface Reading<Result> {
  /** Outputs it takes. */
  readonly outputs: readonly string[];
  /** @throws MdeployError `REQUEST_INVALID` when the outputs are not one per example */
  read(response: Pick<InferResponse, 'outputs'>, examples: number): readonly Result[];
}

/**
 * Classes and scores (TF Serving's outputs `classes` and `scores`): the scores are the output of floats that has a row per
 * example, the labels an output of strings of the same form, else `labels_file` of the manifest, else the index.
 * @throws MdeployError `REQUEST_INVALID` when the model has no such outputs, or several
 */
export function classification({ name, signature, labels }: ModelFacts): Reading<readonly ClassScore[]> {
  const perRow = signature.outputs.filter(({ shape }) => shape === null || shape.length === 2);
  const found = one('classify', name, perRow.filter(isFloat), ['scores', 'probabilities']);
  const strings = perRow.filter(({ datatype }) => datatype === 'BYTES');
  const named = one('classify', name, strings, ['classes']);
  if (!found && !named) throw unfit(name, 'classify', 'it has no output of floats [batch, classes]');
  const outputs = [found, named].filter((spec) => spec !== undefined);
  return {
    outputs: outputs.map((spec) => spec.name),
    read: (response, examples) => {
      const [first, ...others] = outputs.map((spec) => rowsOf(response, spec, examples));
      const { shape } = first!;
      for (const other of others)
        if (other.shape[1] !== shape[1])
          throw unfit(name, 'classify', `its outputs have ${shape[1]} scores and ${other.shape[1]} classes`);
      const scores = found && floatsOf(first!);
      const classes = named && ((others[0] ?? first!).data as Tensor['data'] as (string | Uint8Array)[]);
      const texts = found ? labels.get(found.name) : undefined;
      const [, length = 0] = shape;
      return Array.from({ length: examples }, (_, row) =>
        Array.from({ length }, (__, index) => ({
          label: classes ? textOf(classes[row * length + index]!) : (texts?.[index] ?? String(index)),
          score: scores?.[row * length + index] ?? 0,
        })),
      );
    },
  };
}

/**
 * One number per example (TF Serving's output `outputs`): the output of floats `[batch]` or `[batch, 1]`.
 * @throws MdeployError `REQUEST_INVALID` when the model has no such output, or several
 */
export function regression({ name, signature }: ModelFacts): Reading<number> {
  const fits = ({ shape }: TensorSpec) =>
    shape === null || shape.length === 1 || (shape.length === 2 && (shape[1] === 1 || shape[1] === ''));
  const found = one('regress', name, signature.outputs.filter(isFloat).filter(fits), ['outputs']);
  if (!found) throw unfit(name, 'regress', 'it has no output of floats [batch] or [batch, 1]');
  return {
    outputs: [found.name],
    read: (response, examples) => {
      const tensor = response.outputs.find((output) => output.name === found.name)!;
      if (tensor.data.length !== examples || tensor.shape[0] !== examples)
        throw unfit(name, 'regress', `its output "${found.name}" is not one number per example`);
      return [...floatsOf(tensor)];
    },
  };
}

/** The only one, or the one with a name that TensorFlow gives it. */
function one(
  method: string,
  model: string,
  specs: readonly TensorSpec[],
  names: readonly string[],
): TensorSpec | undefined {
  const known = specs.find(({ name }) => names.includes(name));
  if (known || specs.length < 2) return known ?? specs[0];
  const listed = specs.map(({ name }) => `"${name}"`).join(', ');
  throw unfit(model, method, `${listed} may each be its result`);
}

function isFloat({ datatype }: TensorSpec): boolean {
  return datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';
}

function rowsOf(response: Pick<InferResponse, 'outputs'>, { name }: TensorSpec, examples: number): Tensor {
  const tensor = response.outputs.find((output) => output.name === name)!;
  if (tensor.shape.length === 2 && tensor.shape[0] === examples) return tensor;
  const shape = `[${tensor.shape.join(',')}]`;
  throw unfit(name, 'classify', `its output "${name}" has shape ${shape} for ${examples} examples`);
}

// TF Serving has 32 bits for a score.
function floatsOf({ datatype, data }: Tensor): Float32Array {
  if (datatype === 'FP16') return Float32Array.from(data as Uint16Array, decodeFloat16);
  return data instanceof Float32Array ? data : Float32Array.from(data as Float64Array);
}

function textOf(element: string | Uint8Array): string {
  return typeof element === 'string' ? element : Buffer.from(element).toString('utf8');
}

function unfit(model: string, method: string, reason: string): MdeployError {
  const problem = `Model "${model}" cannot be asked to ${method}: ${reason}.`;
  return failure('REQUEST_INVALID', { problem, fix: 'Use predict.' });
}
