import { failure } from '../../core/errors/error.ts';
import type { Tensor, TensorSpec } from '../../core/tensor.ts';
import { JsonCursor } from '../codecs/json-cursor.ts';
import { isListOfObjects, isObject, readRows } from '../codecs/json-rows.ts';
import { JsonTensor } from '../codecs/json-tensor.ts';
import {
  exampleValue,
  inputSchema,
  outputRowSchema,
  rowSchema,
  tokenSchema,
} from '../codecs/tensor-schema.ts';
import type { ModelFacts, OperationDoc } from '../protocol.ts';
import { worded } from './tfs-errors.ts';
import { rowWording, wordValue } from './tfs-wording.ts';

export interface PredictBody {
  readonly inputs: readonly Tensor[];
  /** `instances` was sent: the reply has `predictions`. */
  readonly isRow: boolean;
}

/**
 * Reads a predict body: `instances` (row format) or `inputs` (columnar), `signature_name` beside it; other keys are
 * passed over, and so is whatever follows the document, as TF Serving does.
 * @throws MdeployError of the codecs, worded as TF Serving words them; `REQUEST_INVALID`, `INPUT_MISSING`
 */
export function decodePredict(body: Uint8Array, { signature }: ModelFacts): PredictBody {
  const cursor = new JsonCursor(body, { nonFinite: true });
  if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw misformed(cursor, 'Is not object');
  let isRow: boolean | undefined;
  let inputs: readonly Tensor[] = [];
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'signature_name') checkSignature(cursor);
    else if (key !== 'instances' && key !== 'inputs') cursor.skip();
    else if (isRow === undefined) {
      isRow = key === 'instances';
      inputs = isRow ? readInstances(cursor, signature.inputs) : readInputs(cursor, signature.inputs);
    } else if (isRow === (key === 'instances')) {
      throw failure('INPUT_DUPLICATE', { name: key }, { field: key });
    } else throw misformed(cursor, onlyOne, 0);
  }
  if (isRow !== undefined) return { inputs, isRow };
  throw problem(`Missing 'inputs' or 'instances' key`, 'Send {"instances": [...]} or {"inputs": ...}.');
}

function readInstances(cursor: JsonCursor, specs: readonly TensorSpec[]): readonly Tensor[] {
  if (cursor.bytes[cursor.at] !== OPEN_LIST)
    throw misformed(cursor, `Expecting 'instances' to be an list/array`, 0);
  if (isEmptyList(cursor)) throw misformed(cursor, `No values in 'instances' array`, 0);
  if (isListOfObjects(cursor)) return readRows(cursor, specs, strict, rowWording(specs));
  const [spec] = specs;
  if (!spec || specs.length > 1) {
    throw problem(
      'instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map',
      `Send objects with the keys ${specs.map(({ name }) => name).join(', ')}.`,
    );
  }
  return [readTensor(cursor, spec, true)];
}

function readInputs(cursor: JsonCursor, specs: readonly TensorSpec[]): readonly Tensor[] {
  if (isObject(cursor)) return readColumns(cursor, specs);
  const [spec] = specs;
  if (spec && specs.length === 1) return [readTensor(cursor, spec, false)];
  throw problem(
    'inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map',
    `Send an object with the keys ${specs.map(({ name }) => name).join(', ')}.`,
  );
}

function readColumns(cursor: JsonCursor, specs: readonly TensorSpec[]): readonly Tensor[] {
  const columns = new Map<string, Tensor>();
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    const spec = specs.find(({ name }) => name === key);
    if (!spec) cursor.skip();
    else if (columns.has(key)) throw failure('INPUT_DUPLICATE', { name: key }, { field: key });
    else columns.set(key, readTensor(cursor, spec, false));
  }
  return specs.map(({ name }) => {
    const tensor = columns.get(name);
    if (tensor) return tensor;
    const missing = failure(
      'INPUT_MISSING',
      { name, inputs: specs.map((spec) => spec.name).join(', ') },
      { field: name },
    );
    throw worded(missing, `Missing named input: ${name} in 'inputs' object.`);
  });
}

function readTensor(cursor: JsonCursor, spec: TensorSpec, isRow: boolean): Tensor {
  try {
    return new JsonTensor(cursor, spec, strict).read(cursor).tensor();
  } catch (error) {
    throw wordValue(error, spec.datatype, isRow);
  }
}

/** `signature_name`: the only one there is, or empty. @throws MdeployError `REQUEST_INVALID` */
export function checkSignature(cursor: JsonCursor): void {
  if (cursor.bytes[cursor.at] !== QUOTE)
    throw misformed(cursor, `not formatted correctly. 'signature_name' key must be a string value.`, 0);
  const name = cursor.string();
  if (name === '' || name === 'serving_default') return;
  throw problem(`Serving signature name: "${name}" not found in signature def`, 'Use "serving_default".');
}

/** `JSON Value: … <what>`, with the start of the document from `from`, or of the value the cursor stands on. */
export function misformed(cursor: JsonCursor, what: string, from = cursor.at) {
  const shown = cursor.bytes.toString('utf8', from, Math.min(cursor.end, from + 256)).trim();
  return problem(`JSON Value: ${shown} ${what}`, 'Send {"instances": [...]} or {"inputs": ...}.');
}

/** `REQUEST_INVALID` in the words of TF Serving. */
export function problem(text: string, fix: string, field?: string) {
  const details = field === undefined ? {} : { field };
  return worded(failure('REQUEST_INVALID', { problem: text, fix }, details), text);
}

function isEmptyList(cursor: JsonCursor): boolean {
  const { at, depth } = cursor;
  const isEmpty = !cursor.firstItem();
  cursor.at = at;
  cursor.depth = depth;
  return isEmpty;
}

/** OpenAPI fields of predict for one model. */
export function describePredict({ name, signature }: ModelFacts): OperationDoc {
  const { inputs, outputs } = signature;
  return {
    summary: `TensorFlow Serving predict with ${name}`,
    request: {
      anyOf: [
        object({ instances: { type: 'array', minItems: 1, items: named(inputs, rowSchema) } }),
        object({ inputs: named(inputs, inputSchema) }),
      ],
    },
    response: {
      anyOf: [
        object({
          predictions: { type: 'array', items: named(outputs, (spec) => outputRowSchema(spec, tokenSchema)) },
        }),
        object({ outputs: named(outputs, tokenSchema) }),
      ],
    },
    example: { inputs: exampleInputs(inputs) },
  };
}

function exampleInputs(specs: readonly TensorSpec[]): unknown {
  const [only] = specs;
  if (specs.length === 1 && only) return exampleValue(only);
  return Object.fromEntries(specs.map((spec) => [spec.name, exampleValue(spec)]));
}

function named(specs: readonly TensorSpec[], schema: (spec: TensorSpec) => object): object {
  const [only] = specs;
  if (specs.length === 1 && only) return schema(only);
  return object(Object.fromEntries(specs.map((spec) => [spec.name, schema(spec)])));
}

function object(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, required: Object.keys(properties) };
}

const strict = { strictIntegers: true };
const onlyOne = `Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist `;
const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
