import { decodeFloat16, encodeFloat16 } from '../../core/float16.ts';
import { powers } from './json-number.ts';
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
  if (style === 'shortest' && size < 2 ** 24 && Math.trunc(size) === size && size !== 0) {
    writeDecimal(writer, value < 0, size, 0, style);
    return;
  }
  single[0] = size;
  const binary = bits[0]! >>> 23;
  let magnitude = magnitudes[binary]!;
  if (magnitude > least && size >= (magnitude < -1 ? 1 / powers[-magnitude - 1]! : powers[magnitude + 1]!))
    magnitude++;
  // With |scale| up to 22 all operands below are exact, so one rounding makes each candidate what its text reads as.
  if (magnitude < -13 || magnitude > 27) {
    writer.ascii(floatText(value, style, Math.fround, digitCounts(style, 9)));
    return;
  }
  for (let digits = 6; digits <= 9; digits += style === 'tfs' ? 3 : 1) {
    const scale = digits - 1 - magnitude;
    const count = Math.round(scale < 0 ? size / powers[-scale]! : size * powers[scale]!);
    const read = scale < 0 ? count * powers[-scale]! : count / powers[scale]!;
    if (Math.fround(read) === size) {
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

/** Text of finite FP16 bits, always the shortest: TF Serving has none to agree with. They are few enough to keep. */
export function float16Text(half: number, style: FloatStyle): string {
  const kept = halves[style];
  kept[half] ??= floatText(decodeFloat16(half), style, roundHalf, upTo5);
  return kept[half];
}

/** Any finite float, slowly: tries digit counts until the text reads back. */
function floatText(
  value: number,
  style: FloatStyle,
  round: (read: number) => number,
  counts: readonly number[],
): string {
  if (value === 0) return `${Object.is(value, -0) ? '-0' : '0'}${style === 'tfs' ? '.0' : ''}`;
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
  writer.reserve(24);
  const { bytes } = writer;
  let at = writer.at;
  if (negative) bytes[at++] = MINUS;
  const length = places === 0 ? digits : Math.max(digits, places + 1) + 1;
  const point = places === 0 ? -1 : at + length - places - 1;
  for (let index = at + length - 1; index >= at; index--) {
    if (index === point) {
      bytes[index] = POINT;
      continue;
    }
    const next = (rest / 10) | 0;
    bytes[index] = ZERO + rest - next * 10;
    rest = next;
  }
  at += length;
  if (places === 0 && style === 'tfs') {
    bytes[at++] = POINT;
    bytes[at++] = ZERO;
  }
  writer.at = at;
}

/** Writes an integer below 2^31 in size. */
export function writeInteger(writer: JsonWriter, value: number): void {
  writer.reserve(11);
  const { bytes } = writer;
  let at = writer.at;
  let rest = Math.abs(value);
  if (value < 0) bytes[at++] = MINUS;
  const end = at + digitCount(rest);
  for (let index = end - 1; index >= at; index--) {
    const next = (rest / 10) | 0;
    bytes[index] = ZERO + rest - next * 10;
    rest = next;
  }
  writer.at = end;
}

function digitCount(value: number): number {
  let count = 1;
  for (let power = 10; value >= power; power *= 10) count++;
  return count;
}

const upTo17 = Array.from({ length: 17 }, (_, index) => index + 1);
const upTo5 = upTo17.slice(0, 5);

const halves: Readonly<Record<FloatStyle, string[]>> = { shortest: [], tfs: [] };

function roundHalf(read: number): number {
  return decodeFloat16(encodeFloat16(read));
}

// Powers of ten below a power of two, per biased binary32 exponent; none for subnormals and non-finite values.
const least = -100;
const magnitudes = Int8Array.from({ length: 256 }, (_, binary) =>
  binary === 0 || binary === 255 ? least : Math.floor(Math.log10(2) * (binary - 127)),
);
const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
