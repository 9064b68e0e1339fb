import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { JsonCursor } from './json-cursor.ts';

/** Readers of the small fields round a tensor. `field` is the path shown in the error. */

/** A string. @throws MdeployError `REQUEST_INVALID` */
export function readText(cursor: JsonCursor, field: string): string {
  if (cursor.bytes[cursor.at] !== QUOTE) throw wrongField(cursor, field, 'a string');
  return cursor.string();
}

/** Lengths of axes: whole numbers from 0 up whose product is exact. @throws MdeployError `REQUEST_INVALID` */
export function readShape(cursor: JsonCursor, field: string): number[] {
  if (cursor.bytes[cursor.at] !== OPEN_LIST) throw wrongField(cursor, field, 'a list of lengths');
  const shape: number[] = [];
  let product = 1;
  for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
    const at = `${field}[${shape.length}]`;
    if (shape.length === maxRank) throw wrongField(cursor, at, `at most ${maxRank} axes`);
    const length = readCount(cursor, at);
    // An empty axis makes the tensor empty, but the others must still be lengths that can be multiplied.
    product *= Math.max(length, 1);
    if (product > Number.MAX_SAFE_INTEGER)
      throw invalid(field, `"${field}" holds too many elements to count.`, 'Send the true shape.');
    shape.push(length);
  }
  return shape;
}

/** A whole number from 0 to 2^53 - 1, written as digits. @throws MdeployError `REQUEST_INVALID` */
export function readCount(cursor: JsonCursor, field: string): number {
  const start = cursor.at;
  const { from, to } = cursor.skip();
  const text = cursor.bytes.toString('latin1', from, Math.min(to, from + 32));
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  cursor.at = start;
  throw wrongField(cursor, field, 'a whole number from 0 up');
}

export type Scalar = string | number | boolean;

/**
 * `parameters`: an object of strings, numbers and booleans, 1024 at most; null is none, as some clients write what they
 * leave out.
 * @throws MdeployError `REQUEST_INVALID`
 */
export function readParameters(cursor: JsonCursor, field: string): ReadonlyMap<string, Scalar> {
  const parameters = new Map<string, Scalar>();
  if (cursor.word('null')) return parameters;
  if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw wrongField(cursor, field, 'an object');
  for (let key = cursor.firstKey(), count = 1; key !== undefined; key = cursor.nextKey(), count++) {
    // A million of them would hold up every other request while they are put into the map.
    if (count > maxParameters) {
      const problem = `"${field}" has more than ${maxParameters} keys.`;
      throw invalid(field, problem, 'Send the keys that are needed.');
    }
    const value = readScalar(cursor, `${field}.${key}`);
    if (value !== undefined) parameters.set(key, value);
  }
  return parameters;
}

function readScalar(cursor: JsonCursor, field: string): Scalar | undefined {
  const sign = cursor.bytes[cursor.at];
  if (sign === QUOTE) return cursor.string();
  if (sign === OPEN_LIST || sign === OPEN_OBJECT)
    throw wrongField(cursor, field, 'a string, a number, true or false');
  const { from, to } = cursor.skip();
  const text = cursor.bytes.toString('latin1', from, to);
  if (text === 'null') return undefined;
  return text === 'true' || text === 'false' ? text === 'true' : Number(text);
}

/** The field the cursor stands on is of another kind. */
export function wrongField(cursor: JsonCursor, field: string, expected: string): MdeployError {
  const { from, to } = cursor.skip();
  const received = cursor.bytes.toString('utf8', from, Math.min(to, from + 64));
  const problem = `"${field}" is ${received}, which is not ${expected}.`;
  return failure('REQUEST_INVALID', { problem, fix: `Send ${expected}.` }, { field, expected, received });
}

/** A request whose parts do not fit each other. */
export function invalid(field: string, problem: string, fix: string): MdeployError {
  return failure('REQUEST_INVALID', { problem, fix }, { field });
}

const maxParameters = 1024;
const maxRank = 64;
const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
