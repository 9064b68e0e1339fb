import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import { encodeFloat16 } from '../../../src/core/float16.ts';
import type { Datatype } from '../../../src/core/tensor.ts';
import { readCsv } from '../../../src/serve/codecs/csv.ts';
import { readCsvTable } from '../../../src/serve/codecs/csv-table.ts';
import { mediaType } from '../../../src/serve/codecs/media-type.ts';

const csv = (text: string) => readCsv(Buffer.from(text));

describe('CSV', () => {
  test.each([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['\ufeffa\n\n1\n\n', [['a'], ['1']]],
    [
      'a,\n,b\n',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['1,', [['1', '']]],
    ['""\n', [['']]],
    ['"a,""b""\n",  "c" ,d', [['a,"b"\n', 'c', 'd']]],
    ['', []],
    ['é,😀', [['é', '😀']]],
  ])('%j', (text, rows) => {
    expect(csv(text)).toEqual(rows);
  });

  test.each([
    ['a,b\n1\n', 'Row 2 has 1 cells where the first has 2.'],
    ['"a', 'a quoted cell has no proper end in row 1'],
    ['1\n"a"b\n', 'a quoted cell has no proper end in row 2'],
    ['a"b', 'a quote stands inside a plain cell in row 1'],
  ])('%j is refused', (text, message) => {
    expect(() => csv(text)).toThrow(message);
  });

  test('what is not UTF-8 is refused', () => {
    expect(() => readCsv(Uint8Array.of(0xff, 0x2c))).toThrow('it is not UTF-8');
  });

  test('any table that was written as RFC 4180 says is read back', () => {
    const cell = fc.string({ unit: fc.constantFrom(...'a", \n\r\té1') });
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }));
    fc.assert(
      fc.property(table, (rows) => {
        const text = rows
          .map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(','))
          .join('\r\n');
        expect(csv(text)).toEqual(rows);
      }),
    );
  });

  test('any bytes are read or refused as the fault of the client', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a",\n\r ') }), (text) => {
        try {
          expect(Array.isArray(csv(text))).toBe(true);
        } catch (error) {
          expect((error as MdeployError).http).toBe(400);
        }
      }),
    );
  });

  test('a million quotes take no time worth naming', () => {
    const begun = performance.now();
    expect(() => csv(`"${'"'.repeat(1_000_001)}a`)).toThrow(MdeployError);
    expect(() => csv(`${' '.repeat(1_000_000)}"`)).toThrow(MdeployError);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe('cells by datatype', () => {
  const read = (datatype: Datatype, cells: string) => [
    ...readCsvTable(
      Buffer.from(cells),
      { inputs: [{ name: 'x', datatype, shape: ['batch'] }], features: new Map() },
      false,
    )[0]!.data,
  ];

  test.each([
    ['FP32', '1\n 0.1 \n-.5\n1e3\n+2.', [1, Math.fround(0.1), -0.5, 1000, 2]],
    ['FP64', 'inf\n-Infinity\nnan\nNA\n"",\n'.replace(',', ''), [Infinity, -Infinity, NaN, NaN, NaN]],
    ['FP16', '1.5', [encodeFloat16(1.5)]],
    ['INT64', '9007199254740993\n-1\n+3.0', [9007199254740993n, -1n, 3n]],
    ['UINT8', '255\n0', [255, 0]],
    ['BOOL', 'True\nfalse\n1\n0', [1, 0, 1, 0]],
    ['BYTES', 'a\n" b "\n1', ['a', ' b ', '1']],
  ] as const)('%s', (datatype, text, values) => {
    expect(read(datatype, text)).toEqual(values);
  });

  test.each([
    ['FP32', '3.5e38'],
    ['FP32', '0x10'],
    ['FP32', '1_000'],
    ['FP16', '65520'],
    ['FP64', '1e999'],
    ['INT64', '1.5'],
    ['INT64', '9223372036854775808'],
    ['UINT8', '256'],
    ['INT8', '""'],
    ['BOOL', 'yes'],
  ] as const)('%s never takes %j', (datatype, text) => {
    expect(() => read(datatype, text)).toThrow(
      expect.objectContaining({ code: 'INPUT_VALUE', details: expect.objectContaining({ field: 'x[0]' }) }),
    );
  });
});

describe('tables', () => {
  const spec = (name: string, shape: (string | number)[]) => ({ name, datatype: 'FP32' as const, shape });
  const table = (text: string, inputs: ReturnType<typeof spec>[], hasHeader = false, features = {}) =>
    readCsvTable(Buffer.from(text), { inputs, features: new Map(Object.entries(features)) }, hasHeader).map(
      ({ name, shape, data }) => [name, shape, [...data]],
    );

  test('columns without names go by position, as many as each input takes', () => {
    const inputs = [spec('a', ['batch', 2]), spec('b', ['batch', 1]), spec('c', ['batch'])];
    expect(table('1,2,3,4\n5,6,7,8', inputs)).toEqual([
      ['a', [2, 2], [1, 2, 5, 6]],
      ['b', [2, 1], [3, 7]],
      ['c', [2], [4, 8]],
    ]);
    expect(() => table('1,2,3', inputs)).toThrow(
      'The table has 3 columns without names, the model takes 4: a (2), b (1), c (1).',
    );
  });

  test('features of several inputs by name', () => {
    const inputs = [spec('a', ['batch', 2]), spec('b', ['batch', 1])];
    expect(table('b,y,x\n1,2,3', inputs, true, { a: ['x', 'y'] })).toEqual([
      ['a', [1, 2], [3, 2]],
      ['b', [1, 1], [1]],
    ]);
    expect(() => table('b,x\n1,2', inputs, true, { a: ['x', 'y'] })).toThrow('Column "y" is missing.');
  });

  test('a header alone is no row; nothing is no table; very wide ones are refused', () => {
    expect(table('a,b\n', [spec('x', ['batch', 2])], true)).toEqual([['x', [0, 2], []]]);
    expect(() => table('', [spec('x', ['batch', 2])])).toThrow(
      expect.objectContaining({ code: 'BODY_MALFORMED' }),
    );
    expect(() => table(','.repeat(70_000), [spec('x', ['batch', 2])])).toThrow('more than 65536');
  });
});

test('media types', () => {
  expect(mediaType(undefined)).toEqual({ type: '', parameters: new Map() });
  expect(mediaType(['Text/CSV; header=present;charset="utf-8"', 'x'])).toEqual({
    type: 'text/csv',
    parameters: new Map([
      ['header', 'present'],
      ['charset', 'utf-8'],
    ]),
  });
});
