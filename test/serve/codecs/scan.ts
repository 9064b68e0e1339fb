import { MdeployError } from '../../../src/core/errors/error.ts';
import type { Datatype, Tensor } from '../../../src/core/tensor.ts';
import { JsonCursor, type JsonOptions } from '../../../src/serve/codecs/json-cursor.ts';
import { JsonTensor, type TensorOptions } from '../../../src/serve/codecs/json-tensor.ts';

/** Reads a whole document as one tensor. */
export function scan(
  text: string | Uint8Array,
  datatype: Datatype,
  options: JsonOptions & TensorOptions = {},
): Tensor {
  const cursor = new JsonCursor(typeof text === 'string' ? Buffer.from(text) : text, options);
  const tensor = new JsonTensor(cursor, { name: 'x', datatype, shape: null }, options).read(cursor).tensor();
  cursor.finish();
  return tensor;
}

/** The error of an action; anything but a MdeployError fails the test. */
export function refusal(action: () => unknown): MdeployError {
  try {
    action();
  } catch (error) {
    if (error instanceof MdeployError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
