import { describe, expect, test } from 'vitest';
import { json } from '../../../src/predict/readers/json.ts';

describe('a JSON input', () => {
  test('is passed on as it was written', () => {
    const text = '{"inputs": [[1.10, 9007199254740993]]}';
    expect(json.read(Buffer.from(text), 'x.json')).toEqual({ kind: 'document', text });
  });

  test('may begin with a byte order mark', () => {
    expect(json.read(Buffer.from('\ufeff[1]'), 'x.json')).toEqual({ kind: 'document', text: '[1]' });
  });

  test.each([
    { what: 'a stray comma', bytes: Buffer.from('[1,\n 2 3]'), line: 2, column: 4 },
    { what: 'an early end', bytes: Buffer.from('{"a": [1,\n2'), line: 2, column: 2 },
    { what: 'nothing', bytes: Buffer.from(''), line: 1, column: 1 },
    { what: 'a missing value', bytes: Buffer.from('[[1,2],\n[1,,4]]'), line: 2, column: 4 },
    { what: 'a bare word', bytes: Buffer.from('{"a": [nan]}'), line: 1, column: 9 },
    { what: 'no JSON at all', bytes: Buffer.from('hello'), line: 1, column: 1 },
    { what: 'a fault behind words', bytes: Buffer.from('[NaN,\n-Infinity, ,]'), line: 2, column: 12 },
    { what: 'a word that is none', bytes: Buffer.from('[-NaN]'), line: 1, column: 3 },
  ])('with $what is refused at its line', ({ bytes, line, column }) => {
    expect(() => json.read(bytes, 'x.json')).toThrow(
      expect.objectContaining({
        code: 'INPUT_FILE_MALFORMED',
        exit: 2,
        details: expect.objectContaining({ at: { file: 'x.json', line, column } }),
      }),
    );
  });

  test('may have the words that floats need, outside texts', () => {
    const text = '[NaN, -Infinity, Infinity, "NaN \\" NaN"]';
    expect(json.read(Buffer.from(text), 'x.json')).toEqual({ kind: 'document', text });
  });

  test('typed on the command line gets a remedy for there', () => {
    expect(() => json.read(Buffer.from('[1'), 'the inline input')).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining('single quotes') }),
    );
  });

  test('in another encoding is refused', () => {
    expect(() => json.read(Uint8Array.of(0x22, 0xff, 0x22), 'x.json')).toThrow('it is not UTF-8 text');
  });
});
