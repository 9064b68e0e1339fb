import { failure } from '../../core/errors/error.ts';
import { elementCount, type Tensor, type TensorSpec } from '../../core/tensor.ts';
import { unknownInput } from '../../core/unknown-input.ts';
import { readBinary } from '../codecs/binary-tensor.ts';
import type { JsonCursor } from '../codecs/json-cursor.ts';
import {
  invalid,
  readParameters,
  readShape,
  readText,
  type Scalar,
  wrongField,
} from '../codecs/json-fields.ts';
import { JsonTensor } from '../codecs/json-tensor.ts';
import type { Blobs } from './v2-blobs.ts';
import { refuseInputParameters } from './v2-parameters.ts';

/**
 * Reads one entry of `inputs`: name, datatype, shape, and `data` (flat or nested as the shape) or
 * `parameters.binary_data_size`. The keys come in any order; unknown ones are passed over.
 * @param field where the entry stands, for messages
 * @throws MdeployError `REQUEST_INVALID`, `INPUT_UNKNOWN`, `INPUT_DATATYPE`, `INPUT_SHAPE` and those of the codecs
 */
export function readInput(
  cursor: JsonCursor,
  field: string,
  specs: readonly TensorSpec[],
  blobs: Blobs,
): Tensor {
  const draft = readDraft(cursor, field, specs);
  const { name, shape } = draft;
  if (name === undefined) throw missing(field, 'name');
  if (shape === undefined) throw missing(field, 'shape');
  const spec = specOf(draft, field, specs);
  const size = draft.parameters?.get('binary_data_size');
  if (draft.parameters) refuseInputParameters(draft.parameters, spec);
  if (size === undefined) {
    const values = draft.values ?? readLater(cursor, draft, spec);
    if (values) return fitShape(values, shape);
    throw invalid(name, `Input "${name}" has neither data nor binary_data_size.`, 'Send one of them.');
  }
  if (draft.values ?? draft.data)
    throw invalid(name, `Input "${name}" has both data and binary_data_size.`, 'Send only one of them.');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    const problem = `binary_data_size of input "${name}" is ${size}, which is no number of bytes.`;
    throw invalid(name, problem, 'Send the length of the raw tensor.');
  }
  const tensor = { name, datatype: spec.datatype, shape };
  return { ...tensor, data: readBinary(blobs.take(size, name), tensor) };
}

interface Draft {
  name?: string;
  datatype?: string;
  shape?: readonly number[];
  parameters?: ReadonlyMap<string, Scalar>;
  values?: Tensor;
  /** Where the data begin, when they come before what they are. */
  data?: { readonly at: number; readonly depth: number };
}

function readDraft(cursor: JsonCursor, field: string, specs: readonly TensorSpec[]): Draft {
  if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw wrongField(cursor, field, 'an object');
  const draft: Draft = {};
  const seen = new Set<string>();
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    if (isKnown(key)) {
      if (seen.has(key)) throw invalid(field, `"${field}" has "${key}" twice.`, 'Send every key once.');
      seen.add(key);
    }
    if (key === 'name') draft.name = readText(cursor, `${field}.name`);
    else if (key === 'datatype') draft.datatype = readText(cursor, `${field}.datatype`);
    else if (key === 'shape') draft.shape = readShape(cursor, `${field}.shape`);
    else if (key === 'parameters') draft.parameters = readParameters(cursor, `${field}.parameters`);
    else if (key !== 'data') cursor.skip();
    else if (cursor.word('null')) continue;
    else if (draft.name !== undefined && draft.datatype !== undefined && draft.shape !== undefined)
      draft.values = readData(cursor, specOf(draft, field, specs));
    else {
      draft.data = { at: cursor.at, depth: cursor.depth };
      cursor.skip();
    }
  }
  return draft;
}

/** The model's input of that name, with the shape as sent. */
function specOf(
  { name = '', datatype, shape = [] }: Draft,
  field: string,
  specs: readonly TensorSpec[],
): TensorSpec {
  const spec = specs.find((input) => input.name === name);
  if (!spec) throw unknownInput(name, specs);
  if (datatype === undefined) throw missing(field, 'datatype');
  if (datatype !== spec.datatype) {
    const facts = { expected: spec.datatype, received: datatype };
    throw failure('INPUT_DATATYPE', { name, ...facts }, { field: name, ...facts });
  }
  return { name, datatype: spec.datatype, shape };
}

function readData(cursor: JsonCursor, spec: TensorSpec): Tensor {
  return new JsonTensor(cursor, spec).read(cursor).tensor();
}

function readLater(cursor: JsonCursor, { data }: Draft, spec: TensorSpec): Tensor | undefined {
  if (!data) return undefined;
  const { at, depth } = cursor;
  Object.assign(cursor, data);
  const values = readData(cursor, spec);
  Object.assign(cursor, { at, depth });
  return values;
}

// Nested data must be nested as the shape says: other nesting with the same count would be another order of axes.
function fitShape(values: Tensor, shape: readonly number[]): Tensor {
  const { name, data } = values;
  const isFlat = values.shape.length <= 1;
  const isNested = values.shape.length === shape.length && values.shape.every((n, axis) => n === shape[axis]);
  if (data.length === elementCount(shape) && (isFlat || isNested || data.length === 0))
    return { ...values, shape };
  const problem = `Input "${name}" holds data of shape [${values.shape.join(',')}], but its "shape" is [${shape.join(',')}].`;
  throw invalid(name, problem, 'Send the values flat in C order, or nested as the shape says.');
}

function missing(field: string, key: string) {
  return invalid(`${field}.${key}`, `"${field}" has no "${key}".`, 'Send name, datatype, shape and data.');
}

// As in v2-request.ts: a body may have a million other keys.
function isKnown(key: string): boolean {
  return key === 'name' || key === 'datatype' || key === 'shape' || key === 'parameters' || key === 'data';
}

const OPEN_OBJECT = 0x7b;
