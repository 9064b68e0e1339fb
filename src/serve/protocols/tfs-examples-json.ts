import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { BytesElement } from '../../core/tensor.ts';
import { passedText } from '../codecs/element-fault.ts';
import { JsonCursor } from '../codecs/json-cursor.ts';
import { isObject } from '../codecs/json-rows.ts';
import { JsonTensor } from '../codecs/json-tensor.ts';
import { checkSignature, misformed, problem } from './tfs-decode.ts';
import { worded } from './tfs-errors.ts';
import type { Examples, Feature, Features } from './tfs-examples.ts';

/**
 * Reads a classify or regress body: `examples`, `context` and `signature_name`; other keys are passed over, and so is
 * whatever follows the document, as TF Serving does.
 * @throws MdeployError `REQUEST_INVALID`, `INPUT_DUPLICATE`, `INPUT_VALUE`, `BODY_MALFORMED`, `JSON_TOO_DEEP`
 */
export function readExamples(body: Uint8Array): Examples {
  const cursor = new JsonCursor(body, { nonFinite: true });
  if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw misformed(cursor, 'Is not object');
  let examples: readonly Features[] | undefined;
  let context: Features | undefined;
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    if ((key === 'examples' && examples) || (key === 'context' && context))
      throw failure('INPUT_DUPLICATE', { name: key }, { field: key });
    if (key === 'signature_name') checkSignature(cursor);
    else if (key === 'examples') examples = readList(cursor);
    else if (key === 'context') context = readFeatures(cursor, key);
    else cursor.skip();
  }
  if (!examples) throw problem(`Missing 'examples' key`, fix);
  if (examples.length === 0) throw problem(`No values in 'examples' array`, fix);
  return { examples, context: context ?? new Map() };
}

function readList(cursor: JsonCursor): readonly Features[] {
  if (cursor.bytes[cursor.at] !== OPEN_LIST)
    throw problem(`JSON Value: ${passedText(cursor)} Expecting 'examples' to be an list/array`, fix);
  const examples: Features[] = [];
  for (let more = cursor.firstItem(); more; more = cursor.nextItem())
    examples.push(readFeatures(cursor, `examples[${examples.length}]`));
  return examples;
}

function readFeatures(cursor: JsonCursor, field: string): Features {
  if (!isObject(cursor))
    throw problem(`JSON Value: ${passedText(cursor)} in ${field} Is not object`, fix, field);
  const features = new Map<string, Feature>();
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    if (features.has(key)) throw failure('INPUT_DUPLICATE', { name: key }, { field: `${field}.${key}` });
    features.set(key, readFeature(cursor, key, `${field}.${key}`));
    if (features.size > maxFeatures)
      throw problem(`More than ${maxFeatures} features in ${field}`, fix, field);
  }
  return features;
}

/** One value, or a flat list of values of one kind. */
function readFeature(cursor: JsonCursor, name: string, field: string): Feature {
  if (cursor.bytes[cursor.at] !== OPEN_LIST) {
    const value = readValue(cursor, name, field);
    return { kind: kindOf(value), values: [value] } as Feature;
  }
  const values: Value[] = [];
  for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
    const value = readValue(cursor, name, field);
    const kind = kindOf(values[0] ?? value);
    if (kindOf(value) !== kind)
      throw problem(`Unexpected element type in feature: ${name} expecting type: ${kind}`, oneKind, field);
    values.push(value);
  }
  return { kind: kindOf(values[0] ?? 0), values } as Feature;
}

type Value = bigint | number | BytesElement;

function kindOf(value: Value): Feature['kind'] {
  if (typeof value === 'bigint') return 'int64';
  return typeof value === 'number' ? 'float' : 'bytes';
}

function readValue(cursor: JsonCursor, name: string, field: string): Value {
  const sign = cursor.bytes[cursor.at];
  if (sign === QUOTE) return cursor.string();
  if (sign === OPEN_LIST || (sign === OPEN_OBJECT && isObject(cursor)))
    throw wrongValue(passedText(cursor), name, field);
  if (sign === OPEN_OBJECT) {
    const { data } = new JsonTensor(cursor, { name, datatype: 'BYTES', shape: [] }, {}).read(cursor).tensor();
    return (data as BytesElement[])[0]!;
  }
  const text = passedText(cursor);
  if (text === 'true' || text === 'false') return text === 'true' ? 1n : 0n;
  if (/^-?\d+$/.test(text)) {
    const integer = text.length <= 20 ? BigInt(text) : 2n ** 64n;
    if (BigInt.asIntN(64, integer) === integer) return integer;
    throw wrongValue(text, name, field);
  }
  const number = Number(text);
  const isWord = /^-?Infinity$|^NaN$/.test(text);
  if (isWord || Number.isFinite(number)) return number;
  throw wrongValue(text, name, field);
}

function wrongValue(received: string, name: string, field: string): MdeployError {
  const expected = 'a number up to 64 bits, true, false, a string or {"b64": "..."}';
  return worded(
    failure('INPUT_VALUE', { name, where: '', expected, received }, { field, expected, received }),
    `Feature: ${name} JSON Value: ${received} is not ${expected}, or a flat list of these`,
  );
}

const fix = 'Send {"examples": [{"name of an input": value, ...}, ...]}.';
const maxFeatures = 65_536;
const oneKind = 'Send integers without a point, or give all of them one.';
const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
