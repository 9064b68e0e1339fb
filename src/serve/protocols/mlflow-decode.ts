import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { Tensor } from '../../core/tensor.ts';
import { readCsvTable } from '../codecs/csv-table.ts';
import { JsonCursor } from '../codecs/json-cursor.ts';
import { wrongField } from '../codecs/json-fields.ts';
import { readRecords, readSplit } from '../codecs/json-frame.ts';
import { isListOfObjects } from '../codecs/json-rows.ts';
import { mediaType } from '../codecs/media-type.ts';
import type { TabularModel } from '../codecs/table.ts';
import type { ModelFacts, RawCall } from '../protocol.ts';
import { readValue } from './plain-decode.ts';
import { fitColumns } from './plain-fit.ts';

export interface Invocation {
  readonly inputs: readonly Tensor[];
  /** A data frame was sent: the reply is one, too. */
  readonly isTable: boolean;
}

/**
 * Reads a body of `/invocations`: JSON with exactly one of the four input fields, or CSV with a header.
 * @throws MdeployError of the codecs; `CONTENT_TYPE_UNSUPPORTED`, `REQUEST_INVALID`, `INPUT_UNKNOWN`, `INPUT_MISSING`
 */
export function decodeInvocation(
  { headers, body }: Pick<RawCall, 'headers' | 'body'>,
  { signature, columns = noColumns }: ModelFacts,
): Invocation {
  const { type, parameters } = mediaType(headers['content-type']);
  const charset = parameters.get('charset')?.toLowerCase() ?? 'utf-8';
  if (!['utf-8', 'utf8'].includes(charset)) throw unsupported(`${type}; charset=${charset}`);
  const model = { inputs: signature.inputs, features: columns };
  if (type === 'text/csv') return { inputs: fitAll(readCsvTable(body, model, true), model), isTable: true };
  if (type === '' || type === 'application/json') return readJson(body, model);
  throw unsupported(type);
}

function readJson(body: Uint8Array, model: TabularModel): Invocation {
  const cursor = new JsonCursor(body, { nonFinite: true });
  if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw notOne([]);
  const given: string[] = [];
  let found: Invocation | undefined;
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    const read = fields.find(([name]) => name === key)?.[1];
    if (!read) passOver(key, cursor);
    else if (given.push(key) > 1) throw notOne(given);
    else found = read(cursor, model, key);
  }
  cursor.finish();
  if (found) return { ...found, inputs: fitAll(found.inputs, model) };
  throw notOne(given);
}

type ReadField = (cursor: JsonCursor, model: TabularModel, field: string) => Invocation;

const table =
  (read: typeof readSplit): ReadField =>
  (cursor, model, field) => ({ inputs: read(cursor, model, field), isTable: true });

const tensors: ReadField = (cursor, model, field) => {
  const isRows = field === 'instances' && isListOfObjects(cursor);
  if (field === 'instances' && cursor.bytes[cursor.at] !== OPEN_LIST)
    throw wrongField(cursor, field, 'a list');
  const inputs = isRows ? readRecords(cursor, model, field) : readValue(cursor, model.inputs).tensors;
  return { inputs, isTable: false };
};

// Not a map: a body may have a million other keys, and each would be hashed.
const fields: readonly (readonly [name: string, read: ReadField])[] = [
  ['dataframe_split', table(readSplit)],
  ['dataframe_records', table(readRecords)],
  ['instances', tensors],
  ['inputs', tensors],
];

// MLflow drops keys that it does not know, and parameters that the model's signature does not name: ONNX has none.
function passOver(key: string, cursor: JsonCursor): void {
  if (key === 'params' && cursor.bytes[cursor.at] !== OPEN_OBJECT && !cursor.word('null'))
    throw wrongField(cursor, key, 'an object');
  if (key !== 'params' || cursor.bytes[cursor.at] === OPEN_OBJECT) cursor.skip();
}

function fitAll(inputs: readonly Tensor[], model: TabularModel): readonly Tensor[] {
  return fitColumns(inputs, model.inputs);
}

function notOne(given: readonly string[]): MdeployError {
  const names = fields.map(([name]) => `'${name}'`).join(', ');
  const received = given.map((name) => `'${name}'`).join(', ');
  const problem = `Invalid input. The input must be a JSON dictionary with exactly one of the input fields {${names}}. Received dictionary with input fields: [${received}].`;
  const fix = 'Send {"inputs": ...} or {"dataframe_split": {"columns": [...], "data": [...]}}.';
  return failure('REQUEST_INVALID', { problem, fix }, { expected: names, received });
}

function unsupported(type: string): MdeployError {
  const types = 'application/json, text/csv (both UTF-8)';
  return failure('CONTENT_TYPE_UNSUPPORTED', { type, types }, { field: 'Content-Type', received: type });
}

const noColumns: ReadonlyMap<string, readonly string[]> = new Map();
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
