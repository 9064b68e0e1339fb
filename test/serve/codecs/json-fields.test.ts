import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import { JsonCursor } from '../../../src/serve/codecs/json-cursor.ts';
import { readCount, readParameters, readShape, readText } from '../../../src/serve/codecs/json-fields.ts';

function read<T>(reader: (cursor: JsonCursor, field: string) => T, text: string): T {
  const cursor = new JsonCursor(Buffer.from(text), { nonFinite: true });
  const value = reader(cursor, 'field');
  cursor.finish();
  return value;
}

function refusal(reader: (cursor: JsonCursor, field: string) => unknown, text: string): MdeployError {
  try {
    read(reader, text);
  } catch (error) {
    if (error instanceof MdeployError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe('shapes', () => {
  test.each<[string, number[]]>([
    ['[]', []],
    ['[1]', [1]],
    ['[ 2 , 0,3 ]', [2, 0, 3]],
    ['[9007199254740991]', [2 ** 53 - 1]],
    ['[0,9007199254740991]', [0, 2 ** 53 - 1]],
  ])('%s', (text, shape) => {
    expect(read(readShape, text)).toEqual(shape);
  });

  test.each([
    ['[-1]', 'field[0]', '-1'],
    ['[1,2.0]', 'field[1]', '2.0'],
    ['[1e3]', 'field[0]', '1e3'],
    ['[null]', 'field[0]', 'null'],
    ['["4"]', 'field[0]', '"4"'],
    ['[[4]]', 'field[0]', '[4]'],
    ['[9007199254740992]', 'field[0]', '9007199254740992'],
    ['[99999999999999999999999999]', 'field[0]', '99999999999999999999999999'],
    ['[NaN]', 'field[0]', 'NaN'],
    ['4', 'field', '4'],
    ['null', 'field', 'null'],
    ['{}', 'field', '{}'],
  ])('%s is refused, naming %s', (text, field, received) => {
    expect(refusal(readShape, text)).toMatchObject({
      code: 'REQUEST_INVALID',
      details: { field, received },
    });
  });

  test('a product that is not exact is refused, also behind an empty axis', () => {
    for (const text of ['[4294967296,4294967296]', '[0,4294967296,4294967296]', '[9007199254740991,2]'])
      expect(refusal(readShape, text).message).toContain('too many elements');
  });

  test('64 axes are the most', () => {
    const ones = (count: number) => `[${Array.from({ length: count }, () => 1).join()}]`;
    expect(read(readShape, ones(64))).toHaveLength(64);
    expect(refusal(readShape, ones(65)).message).toContain('at most 64 axes');
  });

  test('half a shape is broken JSON', () => {
    expect(refusal(readShape, '[1,').code).toBe('BODY_MALFORMED');
    expect(refusal(readShape, '[1 2]').code).toBe('BODY_MALFORMED');
    expect(refusal(readShape, '[01]').code).toBe('BODY_MALFORMED');
  });
});

describe('other fields', () => {
  test('counts are digits', () => {
    expect(read(readCount, '0')).toBe(0);
    expect(refusal(readCount, '"0"').details.expected).toBe('a whole number from 0 up');
  });

  test('texts are strings', () => {
    expect(read(readText, '"a\\u00e9"')).toBe('aé');
    expect(refusal(readText, '7')).toMatchObject({
      message: '"field" is 7, which is not a string.',
      remedy: 'Send a string.',
    });
  });

  test('parameters are strings, numbers and booleans; null leaves one out', () => {
    const text = '{"a":"x","b":-1.5,"c":true,"d":false,"e":null,"__proto__":2}';
    expect([...read(readParameters, text)]).toEqual([
      ['a', 'x'],
      ['b', -1.5],
      ['c', true],
      ['d', false],
      ['__proto__', 2],
    ]);
    expect(read(readParameters, 'null').size).toBe(0);
    expect(read(readParameters, '{}').size).toBe(0);
  });

  test('1024 parameters are read, one more is not', () => {
    const text = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":1`)}}`;
    expect(read(readParameters, text(1024)).size).toBe(1024);
    expect(refusal(readParameters, text(1025)).message).toBe('"field" has more than 1024 keys.');
  });

  test.each(['[]', '"a"', '1'])('parameters that are %s are refused', (text) => {
    expect(refusal(readParameters, text).message).toContain('not an object');
  });

  test.each(['{"a":[]}', '{"a":{}}'])('a parameter that holds more is refused: %s', (text) => {
    expect(refusal(readParameters, text).details.field).toBe('field.a');
  });

  test('a long value is cut in the message', () => {
    const text = `"${'x'.repeat(1000)}"`;
    expect(refusal(readShape, text).details.received).toHaveLength(64);
  });
});
