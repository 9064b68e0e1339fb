import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import { JsonCursor } from '../../../src/serve/codecs/json-cursor.ts';
import { refusal } from './scan.ts';

/** Passes over a whole document. */
function pass(text: string | Uint8Array, depth?: number): void {
  const cursor = new JsonCursor(typeof text === 'string' ? Buffer.from(text) : text, depth ? { depth } : {});
  cursor.skip();
  cursor.finish();
}

function passes(text: string | Uint8Array): boolean {
  try {
    pass(text);
    return true;
  } catch (error) {
    if (error instanceof MdeployError) return false;
    throw error;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Walks a document into values, by the cursor alone. */
function build(cursor: JsonCursor): unknown {
  const sign = String.fromCharCode(cursor.peek());
  if (sign === '[') {
    const list: unknown[] = [];
    for (let more = cursor.firstItem(); more; more = cursor.nextItem()) list.push(build(cursor));
    return list;
  }
  if (sign === '{') {
    const entries: [string, unknown][] = [];
    for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey())
      entries.push([key, build(cursor)]);
    return Object.fromEntries(entries);
  }
  if (sign === '"') return cursor.string();
  const { from, to } = cursor.skip();
  return JSON.parse(cursor.bytes.toString('utf8', from, to));
}

const json = fc.jsonValue({ maxDepth: 6 });
const spaces = fc.stringMatching(/^[ \t\r\n]{0,4}$/);
const spaced = fc
  .tuple(json, spaces)
  .map(([value, space]) => `${space}${JSON.stringify(value, null, space.replace(/[\r]/g, ''))}${space}`);

describe('the cursor', () => {
  test('sees what JSON.parse sees', () => {
    fc.assert(
      fc.property(spaced, (text) => {
        expect(build(new JsonCursor(Buffer.from(text)))).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test('takes and refuses what JSON.parse takes and refuses', () => {
    const broken = fc
      .tuple(
        spaced,
        fc.nat(),
        fc.constantFrom('', ',', '"', '[', ']', '{', '}', ':', '0', '-', '.', 'e', '\\', '\u0001', 'x', ' '),
      )
      .map(([text, at, put]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + (at % 2));
      })
      // A string cut inside a surrogate pair cannot be sent as UTF-8.
      .filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(broken, (text) => {
        const sayParse = parses(text) && !/\\u[dD][89a-fA-F]/.test(text);
        if (!/\\u[dD][89a-fA-F]/.test(text)) expect(passes(text)).toBe(sayParse);
      }),
      { numRuns: 3000 },
    );
  });

  test('refuses every document cut short', () => {
    const text = '{"a": [1, -2.5e-3, "x\\n\\u00e9é", {"b64": "AA=="}, true, false, null], "": {}, "c": []}';
    expect(passes(text)).toBe(true);
    const bytes = Buffer.from(text);
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(() => pass(bytes.subarray(0, length))).code).toBe('BODY_MALFORMED');
    }
  });

  test('never throws anything but MdeployError on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect([true, false]).toContain(passes(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['[1 2]', 'missing a comma or ] after an array element at byte 3'],
    ['[1,]', 'invalid value at byte 3'],
    ['{"a" 1}', 'missing a colon after a name of object member at byte 5'],
    ['{a: 1}', 'missing a name for object member at byte 1'],
    ['{"a":1,}', 'missing a name for object member at byte 7'],
    ['{"a":1 "b":2}', 'missing a comma or } after an object member at byte 7'],
    ['"abc', 'missing a closing quotation mark in string at its end'],
    ['"a\\x"', 'invalid escape character in string at byte 1'],
    ['"\\ud800"', 'the surrogate pair in string is invalid at byte 1'],
    ['"a\nb"', 'invalid encoding in string at byte 2'],
    ['1 2', 'the document root must not be followed by other values at byte 2'],
    ['tru', 'invalid value at byte 0'],
    ['', 'the document is empty'],
    ['  ', 'the document is empty at its end'],
  ])('says where %j is broken', (text, reason) => {
    expect(refusal(() => pass(text))).toMatchObject({
      code: 'BODY_MALFORMED',
      message: `The request body is not valid JSON: ${reason}.`,
    });
  });

  test('proves the UTF-8 of strings', () => {
    expect(passes(Buffer.from([0x22, 0xc3, 0xa9, 0x22]))).toBe(true);
    for (const bad of [[0xc3], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]])
      expect(passes(Buffer.from([0x22, ...bad, 0x22]))).toBe(false);
  });

  test('passes over a byte order mark', () => {
    expect(passes(Buffer.from('\ufeff[1]'))).toBe(true);
    expect(passes(Buffer.from(' \ufeff[1]'))).toBe(false);
  });

  test('stops at depth 64, at once, however deep the rest is', () => {
    expect(passes('['.repeat(64) + ']'.repeat(64))).toBe(true);
    for (const open of ['[', '{"a":']) {
      const bomb = Buffer.from(open.repeat(1_000_000));
      const started = performance.now();
      expect(refusal(() => pass(bomb))).toMatchObject({ code: 'JSON_TOO_DEEP', http: 400 });
      expect(performance.now() - started).toBeLessThan(50);
    }
    expect(refusal(() => pass('[[[1]]]', 2)).code).toBe('JSON_TOO_DEEP');
  });

  test('reads a view into a larger buffer only within its bounds', () => {
    const all = new Uint8Array(Buffer.from('99[1]77'));
    expect(build(new JsonCursor(all.subarray(2, 5)))).toEqual([1]);
  });
});
