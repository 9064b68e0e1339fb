import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csv } from '../../../src/predict/readers/csv.ts';

const read = (text: string) => csv.read(Buffer.from(text), 'x.csv');

describe('a CSV input', () => {
  test('without a header is rows of numbers as they were written', () => {
    expect(read('5.1,3.5,1.40\n1e-3,-2,0\n')).toEqual({
      kind: 'rows',
      columns: undefined,
      rows: [
        ['5.1', '3.5', '1.40'],
        ['1e-3', '-2', '0'],
      ],
    });
  });

  test('keeps every digit of large whole numbers', () => {
    expect(read('9007199254740993,-9223372036854775808')).toMatchObject({
      rows: [['9007199254740993', '-9223372036854775808']],
    });
  });

  test('has a header when no cell of its first line is a number', () => {
    expect(read('age, city\r\n39,"Paris, France"\r\n')).toEqual({
      kind: 'rows',
      columns: ['age', 'city'],
      header: ['"age"', '" city"'],
      rows: [['39', '"Paris, France"']],
    });
  });

  test('quotes hold commas, quotes, line ends, and keep numbers text', () => {
    expect(read('a,b\n"x ""y""","1"\n"p\nq",2')).toMatchObject({
      rows: [
        ['"x \\"y\\""', '"1"'],
        ['"p\\nq"', '2'],
      ],
    });
  });

  test('writes numbers as JSON takes them', () => {
    expect(read('+1,.5,5.,007,-0')).toMatchObject({ rows: [['1', '0.5', '5', '7', '-0']] });
  });

  test('skips empty lines', () => {
    expect(read('1,2\n\n3,4\n\n')).toMatchObject({
      rows: [
        ['1', '2'],
        ['3', '4'],
      ],
    });
  });

  test.each([
    { what: 'nothing', text: '', reason: 'it is empty', line: undefined },
    { what: 'only a header', text: 'a,b\n', reason: 'it has a header and no rows', line: undefined },
    { what: 'a short row', text: '1,2\n3,4\n5\n', reason: 'line 3 has 1 cells where line 1 has 2', line: 3 },
    {
      what: 'a row after a cell of two lines',
      text: 'a,b\n"p\nq",2\n7',
      reason: 'line 4 has 1 cells',
      line: 4,
    },
    { what: 'semicolons', text: 'a;b\n5.1;3.5\n', reason: 'separated by semicolons, not by commas', line: 1 },
    { what: 'tabs', text: '5.1\t3.5\n', reason: 'separated by tabs, not by commas', line: 1 },
    { what: 'a stray quote', text: '1,2"3\n', reason: 'line 1 has a quote in the wrong place', line: 1 },
    { what: 'a quote that never ends', text: '1,"2\n3', reason: 'a quote in the wrong place', line: 1 },
  ])('with $what is refused', ({ text, reason, line }) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'INPUT_FILE_MALFORMED',
        message: expect.stringContaining(reason),
        details: expect.objectContaining({ at: { file: 'x.csv', ...(line !== undefined && { line }) } }),
      }),
    );
  });

  test('gives back any cells that were quoted by the book', () => {
    const cell = fc.string({ unit: 'grapheme' });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(table, (rows) => {
        const quoted = rows
          .map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','))
          .join('\r\n');
        const given = read(`"h1","h2"\n${quoted}`);
        expect(given).toMatchObject({ rows: rows.map((row) => row.map((text) => JSON.stringify(text))) });
      }),
    );
  });

  test('gives back any numbers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
        (values) => {
          const given = read(values.map(String).join(','));
          expect(given.kind === 'rows' && given.rows[0]!.map((text) => JSON.parse(text) as number)).toEqual(
            values.map((value) => value + 0),
          );
        },
      ),
    );
  });
});
