import { failure } from '../../core/errors/error.ts';
import type { AnyTensorData } from '../../core/tensor.ts';
import type { JsonCursor } from './json-cursor.ts';

/** Collects the elements of one tensor while they are read. */
export interface ElementStore {
  /** Elements so far. */
  count: number;
  /**
   * Reads elements from the one the cursor stands on to the end of the list, which is left.
   * @throws ElementFault for an element of another type
   */
  row(cursor: JsonCursor): void;
  /** Reads one element. @throws ElementFault */
  one(cursor: JsonCursor): void;
  /** The elements, in storage of exactly their length. */
  take(): AnyTensorData;
}

/** How large a store starts and may become. */
export interface Room {
  readonly name: string;
  /** Elements to expect; a guess. */
  readonly expected: number;
  readonly limit: number;
}

/**
 * Length of the next, larger store: at least double, or as many as the rest of the document holds at the density so
 * far. @throws MdeployError `REQUEST_INVALID` beyond the limit
 */
export function nextLength(cursor: JsonCursor, count: number, from: number, room: Room): number {
  if (count >= room.limit) {
    const problem = `Input "${room.name}" has more than ${room.limit} elements.`;
    throw failure('REQUEST_INVALID', { problem, fix: 'Send fewer rows at once.' }, { field: room.name });
  }
  const rest = Math.ceil((count / (cursor.at - from + 1)) * (cursor.end - cursor.at) * 1.05) + 8;
  return Math.min(Math.max(count * 2, count + rest), room.limit);
}

/** First length of a store: the guess, but never more than the document can hold. */
export function firstLength(cursor: JsonCursor, room: Room): number {
  return Math.max(1, Math.min(room.expected, room.limit, (cursor.end - cursor.at + 1) >> 1, 65_536));
}
