import { failure } from '../../core/errors/error.ts';
import { elementSize, type Signature, type Tensor } from '../../core/tensor.ts';
import { readBinary } from '../codecs/binary-tensor.ts';

/**
 * Reads a body that is nothing but the raw data of the model's only input (Triton's "raw binary request",
 * `Inference-Header-Content-Length: 0`): one free axis follows from the size; of two the first is a batch of 1. A string
 * goes without its length.
 * @throws MdeployError `REQUEST_INVALID` and those of the codec
 */
export function readRawInput(body: Uint8Array, { inputs }: Signature): Tensor {
  const [spec] = inputs;
  if (!spec || inputs.length > 1)
    throw refusal(`A raw binary request is for models with one input, and this one has ${inputs.length}.`);
  const { name, datatype } = spec;
  if (spec.shape === null) throw refusal(`Input "${name}" has no known rank, so raw bytes have no shape.`);
  const isFree = (dim: string | number) => typeof dim === 'string';
  const isBatch = datatype === 'BYTES' || spec.shape.filter(isFree).length > 1;
  const dims = spec.shape.map((dim, axis) => (axis === 0 && isBatch && isFree(dim) ? 1 : dim));
  const free = dims.filter(isFree).length;
  const fixed = dims.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  if (datatype === 'BYTES') {
    if (free > 0 || fixed !== 1)
      throw refusal(`A raw binary request holds one string, and input "${name}" takes more.`);
    return { name, datatype, shape: dims.map(Number), data: [new Uint8Array(body)] };
  }
  if (free > 1)
    throw refusal(`Input "${name}" has ${free} free axes behind the batch, and raw bytes tell one.`);
  // A rest shows as a mismatch when the data are read.
  const step = fixed * elementSize[datatype];
  const length = step === 0 ? 0 : Math.ceil(body.length / step);
  const shape = dims.map((dim) => (typeof dim === 'number' ? dim : length));
  return { name, datatype, shape, data: readBinary(body, { name, datatype, shape }) };
}

function refusal(problem: string) {
  const fix = 'Send a JSON part that names the inputs and their shapes.';
  return failure('REQUEST_INVALID', { problem, fix }, { field: 'Inference-Header-Content-Length' });
}
