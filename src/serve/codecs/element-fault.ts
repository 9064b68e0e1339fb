import type { Datatype } from '../../core/tensor.ts';
import type { JsonCursor } from './json-cursor.ts';

/** One JSON value that is no element of the datatype: its text as sent (cut after 256 bytes) and its JSON type. */
export class ElementFault {
  readonly text: string;
  readonly type: JsonType;
  readonly expected: string;
  /** A number of the right kind, but beyond the range of the datatype. */
  readonly outOfRange: boolean;
  /** Lists and objects around the value in the document. */
  readonly depth: number;
  /** An object of the right form whose text is no base64. */
  readonly isBase64: boolean;

  /** Stands on the value; passes over it, so that half a value is reported as broken JSON instead. */
  constructor(cursor: JsonCursor, datatype: Datatype, outOfRange = false, isBase64 = false) {
    this.depth = cursor.depth;
    this.type = jsonType(cursor.bytes[cursor.at] ?? 0);
    this.text = passedText(cursor);
    this.outOfRange = outOfRange;
    this.isBase64 = isBase64;
    this.expected = expectations[datatype];
  }
}

export type JsonType = 'Null' | 'False' | 'True' | 'Object' | 'Array' | 'String' | 'Number';

/** Passes over the value the cursor stands on; its text, cut after 256 bytes. */
export function passedText(cursor: JsonCursor): string {
  const { from, to } = cursor.skip();
  return cursor.bytes.toString('utf8', from, Math.min(to, from + 256));
}

/** Type of a valid JSON value by its first byte, in the words of RapidJSON. */
export function jsonType(first: number): JsonType {
  return types.get(String.fromCharCode(first)) ?? 'Number';
}

const types = new Map<string, JsonType>([
  ['n', 'Null'],
  ['f', 'False'],
  ['t', 'True'],
  ['{', 'Object'],
  ['[', 'Array'],
  ['"', 'String'],
]);

/** What the elements of a datatype must be, for messages. */
export const expectations: Readonly<Record<Datatype, string>> = {
  BOOL: 'BOOL (true or false)',
  UINT8: 'UINT8 (an integer from 0 to 255)',
  UINT16: 'UINT16 (an integer from 0 to 65535)',
  UINT32: 'UINT32 (an integer from 0 to 4294967295)',
  UINT64: 'UINT64 (an integer from 0 to 18446744073709551615)',
  INT8: 'INT8 (an integer from -128 to 127)',
  INT16: 'INT16 (an integer from -32768 to 32767)',
  INT32: 'INT32 (an integer from -2147483648 to 2147483647)',
  INT64: 'INT64 (an integer from -9223372036854775808 to 9223372036854775807)',
  FP16: 'FP16 (a number up to 65504)',
  FP32: 'FP32 (a number up to 3.4e38)',
  FP64: 'FP64 (a number up to 1.7e308)',
  BYTES: 'BYTES (a string or {"b64": "..."})',
};
