import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLabels } from '../../src/manifest/labels.ts';

describe('parseLabels', () => {
  test.each([
    ['a\nb\nc', ['a', 'b', 'c']],
    ['a\nb\nc\n', ['a', 'b', 'c']],
    ['\ufeffa\r\nb\r\n', ['a', 'b']],
    ['a\n\nc\n', ['a', '', 'c']],
    ['one name, with "signs" # and all\n', ['one name, with "signs" # and all']],
    ['["a", "b\\u00e9"]', ['a', 'bé']],
    [' [1, 2]\n', ['1', '2']],
    ['[PAD]\n[UNK]\n', ['[PAD]', '[UNK]']],
  ])('%j', (text, labels) => {
    expect(parseLabels(text, 'l.txt')).toEqual(labels);
  });

  test.each([
    ['', 'it is empty'],
    ['[]', 'it is empty'],
    ['a\nb\tc', 'name 2: it has the character U+0009'],
    [`a\n${'x'.repeat(257)}`, 'name 2: it is longer than 256'],
    ['["a", 1.5]', 'not a list of texts'],
    ['["a", null]', 'not a list of texts'],
    ['["a"', 'starts like a JSON list'],
    ['["a\\nb"]', 'name 1: it has the character U+000A'],
    ['x\n'.repeat(100_001), 'more than 100000'],
  ])('refuses %j', (text, problem) => {
    expect(() => parseLabels(text, 'l.txt')).toThrow(
      expect.objectContaining({ code: 'LABELS_INVALID', message: expect.stringContaining(problem) }),
    );
  });

  test('reads back any list of printable names', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.startsWith('['));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 20 }), (names) => {
        expect(parseLabels(`${names.join('\n')}\n`, 'l')).toEqual(names);
        expect(parseLabels(JSON.stringify(names), 'l')).toEqual(names);
      }),
    );
  });
});
