import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTextFormat, TextFault, type TextMessage } from '../../../src/serve/protobuf/text-format.ts';

/** The message as plain data: a list of [name, value]. */
function plain({ fields }: TextMessage): unknown[] {
  return fields.map(({ name, value }) => [
    name,
    value.kind === 'message' ? plain(value.message) : `${value.kind}:${value.text}`,
  ]);
}

const read = (text: string) => plain(parseTextFormat(text));

describe('parseTextFormat', () => {
  it.each([
    ['', []],
    ['# only a comment', []],
    ['a: 1', [['a', 'word:1']]],
    [
      'a: -1.5e3 b: true',
      [
        ['a', 'word:-1.5e3'],
        ['b', 'word:true'],
      ],
    ],
    [
      "a: 'x', b: \"y\"; c: 'it''s'",
      [
        ['a', 'string:x'],
        ['b', 'string:y'],
        ['c', 'string:its'],
      ],
    ],
    ['a: "x" \'y\'\n  "z"', [['a', 'string:xyz']]],
    [
      'a { b: 1 } c < d: 2 >',
      [
        ['a', [['b', 'word:1']]],
        ['c', [['d', 'word:2']]],
      ],
    ],
    ['a: { b: 1, } ', [['a', [['b', 'word:1']]]]],
    [
      'a: [1, 2] b: [{c: 1} {c: 2}]',
      [
        ['a', 'word:1'],
        ['a', 'word:2'],
        ['b', [['c', 'word:1']]],
        ['b', [['c', 'word:2']]],
      ],
    ],
    ['a: [] # none\r\nb:2', [['b', 'word:2']]],
    [String.raw`a: "\n\t\\\"\x41\101é"`, [['a', 'string:\n\t\\"AAé']]],
  ])('%j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    ['a', 'expected ":" or "{", not the end', 1, 2],
    ['a 1', 'expected ":" or "{", not "1"', 1, 3],
    ['a:', 'expected a value, not the end', 1, 3],
    ['a: }', 'expected a value, not "}"', 1, 4],
    ['a {\n  b: 1', 'expected the name of a field, not the end', 2, 7],
    ['}', 'expected the name of a field, not "}"', 1, 1],
    ['a: 1\n 2: 3', 'expected the name of a field, not "2"', 2, 2],
    ['# x\n\n  a: "open\n"', 'a string does not end on its line', 3, 6],
    ['a: 1 & b', '"&" is not expected here', 1, 6],
    ['a <b: 1}', 'expected the name of a field, not "}"', 1, 8],
    ['[type.googleapis.com/X] {}', 'expected the name of a field, not "["', 1, 1],
    ['a{'.repeat(40), 'messages lie deeper than 32 in each other', 1, 67],
  ])('%j is refused with its place', (text, reason, line, column) => {
    let fault: unknown;
    try {
      parseTextFormat(text);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(TextFault);
    expect(fault).toMatchObject({ message: reason, line, column });
  });

  it('ends on any text, with a message or a fault', () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      '{',
      '}',
      '<',
      '>',
      '[',
      ']',
      '"x"',
      "'",
      '1',
      '#',
      '\n',
      ' ',
      ',',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          expect(parseTextFormat(pieces.join('')).fields).toBeInstanceOf(Array);
        } catch (error) {
          expect(error).toBeInstanceOf(TextFault);
        }
      }),
    );
  });

  it('gives every string back that was written', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 50 }), (text) => {
        const written = JSON.stringify(text).replaceAll('\\/', '/');
        expect(read(`a: ${written}`)).toEqual([['a', `string:${text}`]]);
      }),
    );
  });
});
