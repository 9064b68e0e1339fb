import { decodeFloat16 } from '../../core/float16.ts';
import { isCertain, powers } from './json-number.ts';
import type { JsonWriter } from './json-writer.ts';

/**
 * How floats are written. `shortest`: fewest digits that read back as the same value, laid out as JavaScript does.
 * `tfs`: as TF Serving does — six significant digits if they read back, else 9 (17 for FP64), laid out as `%g`,
 * and always a point or an exponent.
 */
export type FloatStyle = 'shortest' | 'tfs';

/** Writes a finite FP32. */
export function writeFloat32(writer: JsonWriter, value: number, style: FloatStyle): void {
  const size = Math.abs(value);
  if (style === 'shortest' && size < 2 ** 24 && (size | 0) === size && size !== 0) {
    writeDecimal(writer, value < 0, size, 0, style);
    return;
  }
  single[0] = size;
  const binary = bits[0]! >>> 23;
  const magnitude = size < ceilings[binary]! ? magnitudes[binary]! : magnitudes[binary]! + 1;
  // Six digits or fewer always survive binary32, so the search starts there; nine always suffice. Subnormals have
  // less precision, and zero has no digits.
  const step = style === 'tfs' ? 3 : 1;
  for (let digits = binary === 0 ? 10 : 6; digits <= 9; digits += step) {
    const scale = digits - 1 - magnitude;
    const power = powers[scale < 0 ? -scale : scale]!;
    const scaled = scale < 0 ? size / power : size * power;
    const count = (scaled + 0.5) | 0;
    // Farther off than half the distance to the next binary32: most candidates fall here, before the division.
    const reach = scale < 0 ? halfSteps[binary]! / power : halfSteps[binary]! * power;
    if (Math.abs(scaled - count) > reach + 1e-6) continue;
    const read = scale < 0 ? count * power : count / power;
    // Powers up to 10^22 are exact, so `read` is what the text reads as; beyond, it is off by less than 2^-51.
    if (Math.fround(read) === size && ((scale <= 22 && scale >= -22) || isCertain(read, 2 ** -51))) {
      writeDecimal(writer, value < 0, count, scale, style, digits);
      return;
    }
  }
  writer.ascii(floatText(value, style, Math.fround, digitCounts(style, 9)));
}

/** Writes a finite FP64. */
export function writeFloat64(writer: JsonWriter, value: number, style: FloatStyle): void {
  if (style === 'shortest' && !Object.is(value, -0)) writer.ascii(String(value));
  else writer.ascii(floatText(value, style, (text) => text, digitCounts(style, 17)));
}

/**
 * Text of finite FP16 bits, as the same value would be written in FP32: who reads JSON has doubles, and the fewest digits
 * that tell FP16 apart are off by up to 2.4e-4 there (65500 for 65504). There are few enough to keep.
 */
export function float16Text(half: number, style: FloatStyle): string {
  const kept = halves[style];
  kept[half] ??= floatText(decodeFloat16(half), style, Math.fround, digitCounts(style, 9));
  return kept[half];
}

/** Any finite float, slowly: tries digit counts until the text reads back. */
function floatText(
  value: number,
  style: FloatStyle,
  round: (read: number) => number,
  counts: readonly number[],
): string {
  // Python reads `-0` as an integer, which has no negative zero.
  if (value === 0) return Object.is(value, -0) ? '-0.0' : style === 'tfs' ? '0.0' : '0';
  const size = Math.abs(value);
  const digits =
    counts.find((count) => round(Number(size.toExponential(count - 1))) === size) ?? counts.at(-1)!;
  const [mantissa = '', exponent] = size.toExponential(digits - 1).split('e');
  const significant = mantissa.replace('.', '').replace(/0+$/, '');
  return (value < 0 ? '-' : '') + layOut(significant, Number(exponent), style, digits);
}

function digitCounts(style: FloatStyle, most: 9 | 17): readonly number[] {
  return style === 'tfs' ? [6, most] : upTo17.slice(0, most);
}

/** `significant` × 10^(exponent - its length + 1), as text. `precision` is what `%g` was asked for. */
function layOut(significant: string, exponent: number, style: FloatStyle, precision: number): string {
  const tfs = style === 'tfs';
  if (tfs ? exponent < -4 || exponent >= precision : exponent < -6 || exponent >= 21) {
    const point = significant.length > 1 ? '.' : '';
    const power = String(Math.abs(exponent)).padStart(tfs ? 2 : 1, '0');
    return `${significant[0]}${point}${significant.slice(1)}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${significant}`;
  const whole = significant.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = significant.slice(exponent + 1) || (tfs ? '0' : '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Writes `count` / 10^scale straight as bytes; `count` is an integer below 2^31. */
function writeDecimal(
  writer: JsonWriter,
  negative: boolean,
  count: number,
  scale: number,
  style: FloatStyle,
  precision = 0,
): void {
  let rest = count | 0;
  let places = scale;
  while (places > 0 && rest % 10 === 0) {
    rest = (rest / 10) | 0;
    places--;
  }
  const digits = digitCount(rest);
  const exponent = digits - 1 - places;
  if (places < 0 || exponent < -4 || exponent >= (style === 'tfs' ? precision : 21)) {
    const text = layOut(String(rest).replace(/0+$/, ''), exponent, style, precision);
    writer.ascii(negative ? `-${text}` : text);
    return;
  }
  const whole = digits - places;
  writer.reserve(24);
  const { bytes } = writer;
  let at = writer.at;
  if (negative) bytes[at++] = MINUS;
  if (whole <= 0) {
    bytes[at++] = ZERO;
    bytes[at++] = POINT;
    for (let zeros = whole; zeros < 0; zeros++) bytes[at++] = ZERO;
    at = putDigits(bytes, at, rest, digits);
  } else if (places === 0) {
    at = putDigits(bytes, at, rest, digits);
    if (style === 'tfs') {
      bytes[at++] = POINT;
      bytes[at++] = ZERO;
    }
  } else {
    const unit = powers[places]!;
    const integer = (rest / unit) | 0;
    at = putDigits(bytes, at, integer, whole);
    bytes[at++] = POINT;
    at = putDigits(bytes, at, rest - integer * unit, places);
  }
  writer.at = at;
}

/** Writes an integer below 2^31 in size. */
export function writeInteger(writer: JsonWriter, value: number): void {
  writer.reserve(11);
  const { bytes } = writer;
  let at = writer.at;
  if (value < 0) bytes[at++] = MINUS;
  const size = Math.abs(value);
  writer.at = putDigits(bytes, at, size, digitCount(size));
}

/** Puts exactly `digits` digits, two by two from the end; returns the place after them. */
function putDigits(bytes: Buffer, at: number, value: number, digits: number): number {
  let rest = value | 0;
  let index = at + digits;
  for (; index - at >= 2; index -= 2) {
    const next = (rest / 100) | 0;
    const pair = (rest - next * 100) << 1;
    bytes[index - 1] = pairs[pair + 1]!;
    bytes[index - 2] = pairs[pair]!;
    rest = next;
  }
  if (index > at) bytes[at] = ZERO + (rest % 10);
  return at + digits;
}

function digitCount(value: number): number {
  if (value < 100_000) {
    if (value < 100) return value < 10 ? 1 : 2;
    if (value < 10_000) return value < 1000 ? 3 : 4;
    return 5;
  }
  if (value < 10_000_000) return value < 1_000_000 ? 6 : 7;
  if (value < 1_000_000_000) return value < 100_000_000 ? 8 : 9;
  return 10;
}

const upTo17 = Array.from({ length: 17 }, (_, index) => index + 1);

const halves: Readonly<Record<FloatStyle, string[]>> = { shortest: [], tfs: [] };

// Per biased binary32 exponent: the decimal exponent of its smallest number, and the power of ten above that.
const magnitudes = Int8Array.from({ length: 256 }, (_, binary) => Math.floor(Math.log10(2) * (binary - 127)));
const ceilings = Float64Array.from(magnitudes, (magnitude) => Number(`1e${magnitude + 1}`));
const halfSteps = Float64Array.from({ length: 256 }, (_, binary) => 2 ** (binary - 127 - 24));
const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

// '00' to '99'.
const pairs = Uint8Array.from({ length: 200 }, (_, index) => {
  const pair = index >> 1;
  return 0x30 + (index % 2 === 0 ? Math.floor(pair / 10) : pair % 10);
});

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
