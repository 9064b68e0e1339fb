import type { MdeployError } from '../../core/errors/error.ts';

/** What number reading needs of a source. */
export interface NumberSource {
  readonly bytes: Buffer;
  readonly end: number;
  readonly nonFinite: boolean;
  at: number;
  word(word: string): boolean;
  malformed(reason: string, offset?: number): MdeployError;
}

/**
 * Reads the JSON number the source stands on, or `NaN`, `Infinity`, `-Infinity` where the source takes them. NaN and
 * `at` unmoved: it is no number.
 * @param single the caller rounds to binary32 or less: the value may differ from `Number(text)` by what
 * `Math.fround` cannot see, never by more
 * @throws MdeployError `BODY_MALFORMED` for half a number (`1.`, `01`, `1e`)
 */
export function readNumber(source: NumberSource, single: boolean): number {
  const { bytes, end } = source;
  const start = source.at;
  let at = start;
  let byte = at < end ? bytes[at]! : 0;
  const negative = byte === MINUS;
  if (negative) byte = ++at < end ? bytes[at]! : 0;
  let digit = byte - ZERO;
  if (digit >>> 0 > 9) return readWord(source, start);
  const isZero = digit === 0;
  let mantissa = digit;
  byte = ++at < end ? bytes[at]! : 0;
  for (digit = byte - ZERO; digit >>> 0 <= 9; digit = byte - ZERO) {
    if (isZero) throw source.malformed('Invalid value', start);
    mantissa = mantissa * 10 + digit;
    byte = ++at < end ? bytes[at]! : 0;
  }
  let scale = 0;
  if (byte === POINT) {
    const from = ++at;
    byte = at < end ? bytes[at]! : 0;
    for (digit = byte - ZERO; digit >>> 0 <= 9; digit = byte - ZERO) {
      mantissa = mantissa * 10 + digit;
      byte = ++at < end ? bytes[at]! : 0;
    }
    if (at === from) throw source.malformed('Miss fraction part in number', at);
    scale = from - at;
  }
  const digits = at - start;
  if ((byte | 32) === LETTER_E) {
    at = exponentEnd(source, at);
    scale += exponentRead;
  }
  source.at = at;
  // Both operands below are exact doubles, so the one rounding of the operation is the correct rounding of the text.
  if (mantissa <= 2 ** 53) {
    if (scale === 0 || mantissa === 0) return negative ? -mantissa : mantissa;
    if (scale >= -22 && scale <= 22) {
      const size = scale < 0 ? mantissa / powers[-scale]! : mantissa * powers[scale]!;
      return negative ? -size : size;
    }
  }
  if (single && digits <= 48 && scale >= -290 && scale <= 290) {
    const size = scale < 0 ? mantissa / powers[-scale]! : mantissa * powers[scale]!;
    // At most 33 digits were rounded in, two roundings each, and two more here: the text lies within 2^-46 of `size`.
    if (size > 1e-290 && isCertain(size, 2 ** -46)) return negative ? -size : size;
  }
  return Number(bytes.toString('latin1', start, at));
}

/** Whether all numbers within the relative error round to the same binary32: rounding keeps order, so its ends tell. */
export function isCertain(size: number, error: number): boolean {
  return Math.fround(size * (1 - error)) === Math.fround(size * (1 + error));
}

/** Powers of ten as doubles; exact up to 10^22. */
export const powers = Float64Array.from({ length: 309 }, (_, exponent) => Number(`1e${exponent}`));

// A pair to return from the slow lane without making an object.
let exponentRead = 0;

function exponentEnd(source: NumberSource, from: number): number {
  const { bytes, end } = source;
  let at = from + 1;
  const sign = at < end ? bytes[at]! : 0;
  if (sign === MINUS || sign === PLUS) at++;
  const digits = at;
  let exponent = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) break;
    if (exponent < 100_000_000) exponent = exponent * 10 + digit;
  }
  if (at === digits) throw source.malformed('Miss exponent in number', at);
  exponentRead = sign === MINUS ? -exponent : exponent;
  return at;
}

function readWord(source: NumberSource, start: number): number {
  if (source.nonFinite) {
    if (source.word('NaN')) return Number.NaN;
    if (source.word('Infinity')) return Number.POSITIVE_INFINITY;
    if (source.word('-Infinity')) return Number.NEGATIVE_INFINITY;
  }
  if (source.bytes[start] === MINUS) throw source.malformed('Invalid value', start);
  return Number.NaN;
}

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const LETTER_E = 0x65;
