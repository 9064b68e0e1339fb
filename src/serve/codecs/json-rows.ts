import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { Tensor, TensorSpec } from '../../core/tensor.ts';
import type { JsonCursor } from './json-cursor.ts';
import { JsonTensor, type TensorOptions } from './json-tensor.ts';
import { isBase64Object } from './other-stores.ts';

/** How a dialect words what can be wrong with a list of rows. */
export interface RowWording {
  /** Row `row` is no object. The cursor stands on it. */
  noObject(row: number, cursor: JsonCursor): MdeployError;
  unknownKey(row: number, key: string): MdeployError;
  /** The row's object, as sent. */
  missingKey(row: number, name: string, text: string): MdeployError;
  /** Words a fault inside one value. */
  value(row: number, key: string, error: unknown): unknown;
}

/**
 * Reads `[{"a": …, "b": …}, …]`: one object per row, every input in each; the values of an input are stacked along a
 * new first axis. Stands on the list.
 * @throws MdeployError as worded; `INPUT_DUPLICATE`, `BODY_MALFORMED`, `JSON_TOO_DEEP`
 */
export function readRows(
  cursor: JsonCursor,
  specs: readonly TensorSpec[],
  options: TensorOptions,
  wording: RowWording,
): Tensor[] {
  const readers = new Map(specs.map((spec) => [spec.name, new JsonTensor(cursor, spec, options)]));
  let row = 0;
  for (let more = cursor.firstItem(); more; more = cursor.nextItem(), row++) {
    if (!isObject(cursor)) throw wording.noObject(row, cursor);
    const from = cursor.at;
    let given = 0;
    for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey(), given++) {
      const reader = readers.get(key);
      if (!reader) throw wording.unknownKey(row, key);
      if (reader.count > row) throw failure('INPUT_DUPLICATE', { name: key }, { field: `${key}[${row}]` });
      try {
        reader.read(cursor, row);
      } catch (error) {
        throw wording.value(row, key, error);
      }
    }
    if (given < specs.length) {
      const name = specs.find((spec) => readers.get(spec.name)!.count <= row)!.name;
      throw wording.missingKey(
        row,
        name,
        cursor.bytes.toString('utf8', from, Math.min(cursor.at, from + 256)),
      );
    }
  }
  return specs.map((spec) => readers.get(spec.name)!.stacked());
}

/** Whether the cursor stands on an object that is not `{"b64": …}`. */
export function isObject(cursor: JsonCursor): boolean {
  return cursor.bytes[cursor.at] === OPEN_OBJECT && !isBase64Object(cursor);
}

/** Whether the cursor stands on a list whose first item is an object of names; does not move. */
export function isListOfObjects(cursor: JsonCursor): boolean {
  if (cursor.bytes[cursor.at] !== OPEN_LIST) return false;
  const { at, depth } = cursor;
  const is = cursor.firstItem() && isObject(cursor);
  cursor.at = at;
  cursor.depth = depth;
  return is;
}

const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
