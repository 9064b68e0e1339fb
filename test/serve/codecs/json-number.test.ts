import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFloat16 } from '../../../src/core/float16.ts';
import { refusal, scan } from './scan.ts';

/** Numbers as JSON can write them: any digits, any place of the point, any exponent. */
const numberTexts = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9][0-9]{0,24}$/)),
    fc.oneof(
      fc.constant(''),
      fc.stringMatching(/^\.[0-9]{1,30}$/),
      fc.stringMatching(/^\.0{0,30}[0-9]{1,19}$/),
    ),
    fc.oneof(
      fc.constant(''),
      fc.stringMatching(/^[eE][+-]?0{0,2}[0-9]{1,2}$/),
      fc.stringMatching(/^e-?[0-9]{3}$/),
    ),
  )
  .map((parts) => parts.join(''));

/** Halfway between two neighbours of binary32, and next to it: where double rounding would show. */
const halfway = fc
  .tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -2, max: 2 }))
  .map(([value, nudge]) => {
    const bits = new Uint32Array(Float32Array.of(value).buffer);
    const next = new Float32Array(Uint32Array.of(bits[0]! + 1).buffer)[0]!;
    const middle = new Float64Array([(value + next) / 2]);
    new BigInt64Array(middle.buffer)[0]! += BigInt(nudge);
    return Number.isFinite(middle[0]) ? middle[0]! : 0.5;
  });

const doubles = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -1, max: 1 }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  halfway,
);

const texts = fc.oneof(
  numberTexts,
  doubles.map(String),
  doubles.map((value) => value.toPrecision(17)),
  doubles.map((value) => value.toExponential()),
  doubles.map((value) => value.toFixed(Math.abs(value) < 1e20 ? 20 : 0)),
);

const adversarial = [
  '0',
  '-0',
  '0.0',
  '-0.0e5',
  '0e0',
  '0e999999999999',
  '1e-400',
  '-1e-400',
  '1E+2',
  '1e00002',
  '16777217',
  '16777219',
  '9007199254740993',
  '9007199254740993.0',
  '123456789012345678',
  '1234567890123456789012',
  '0.1',
  '0.3',
  '1e22',
  '1e23',
  '8.5e-46',
  '7.006492321624085e-46',
  '7.006492321624086e-46',
  '1.4e-45',
  '1.1754943508222875e-38',
  '1.1754942e-38',
  '3.4028234663852886e38',
  '3.4028235677973362e38',
  '0.000000000000000000000000000000000001',
  '4.9e-324',
  '2.5e-324',
  '2.2250738585072011e-308',
  '1.00000005960464477539062500',
  '1.00000005960464477539062501',
  '1.000000178813934326171875',
  `0.${'0'.repeat(330)}1e331`,
  `1${'0'.repeat(60)}e-60`,
  `0.${'3'.repeat(800)}`,
  `${'9'.repeat(30)}e-30`,
];

describe('a number', () => {
  test('as FP32 is Math.fround of what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1 }), (list) => {
        const wanted = list.filter((text) => Number.isFinite(Math.fround(JSON.parse(text) as number)));
        const { data } = scan(`[${wanted.join(',')}]`, 'FP32');
        expect([...(data as Float32Array)]).toEqual(
          wanted.map((text) => Math.fround(JSON.parse(text) as number)),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test('as FP64 is what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1 }), (list) => {
        const wanted = list.filter((text) => Number.isFinite(JSON.parse(text)));
        expect([...(scan(`[${wanted.join(', ')}]`, 'FP64').data as Float64Array)]).toEqual(
          wanted.map((text) => JSON.parse(text) as number),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('as FP16 is rounded once, from the double', () => {
    fc.assert(
      fc.property(
        fc.oneof(texts, fc.double({ min: -70_000, max: 70_000, noNaN: true }).map(String)),
        (text) => {
          const value = JSON.parse(text) as number;
          fc.pre(Math.abs(value) < 65_520);
          expect((scan(text, 'FP16').data as Uint16Array)[0]).toBe(encodeFloat16(value));
        },
      ),
    );
    // By way of binary32 this would round down to 1.
    expect((scan('1.00048828125000000001', 'FP16').data as Uint16Array)[0]).toBe(
      encodeFloat16(1.00048828125),
    );
  });

  test.each(adversarial)('%s', (text) => {
    const value = JSON.parse(text) as number;
    expect((scan(`[1,${text}]`, 'FP64').data as Float64Array)[1]).toBe(value);
    expect((scan(`[1,${text}]`, 'FP32').data as Float32Array)[1]).toBe(Math.fround(value));
    expect((scan(text, 'FP32').data as Float32Array)[0]).toBe(Math.fround(value));
  });

  test.each([
    ['1e400', 'FP64'],
    ['-1e400', 'FP64'],
    ['1e39', 'FP32'],
    ['-3.4028235677973366e38', 'FP32'],
    ['99999999999999999999999999999999999999999', 'FP32'],
    ['65520', 'FP16'],
    ['1e5', 'FP16'],
    ['1e999999999999999999', 'FP32'],
  ] as const)('%s is beyond %s', (text, datatype) => {
    expect(refusal(() => scan(`[0,${text}]`, datatype))).toMatchObject({
      code: 'INPUT_VALUE',
      details: { field: 'x[1]', received: text },
    });
  });

  test.each([
    '01',
    '-',
    '-a',
    '1.',
    '.5',
    '+1',
    '1e',
    '1e+',
    '00',
    '-01',
    '0x1',
    '1.e3',
    '1..2',
    'Infinit',
    '1_0',
    '٣',
  ])('%s is no JSON', (text) => {
    for (const datatype of ['FP32', 'FP64', 'FP16', 'INT32', 'INT64'] as const) {
      expect(() => JSON.parse(`[${text}]`)).toThrow();
      expect(refusal(() => scan(`[${text}]`, datatype, { nonFinite: true })).code).toBe('BODY_MALFORMED');
    }
  });

  test('NaN and infinities are numbers only where the protocol says so', () => {
    const text = '[NaN, Infinity, -Infinity, 1]';
    const expected = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1];
    expect([...(scan(text, 'FP32', { nonFinite: true }).data as Float32Array)]).toEqual(expected);
    expect([...(scan(text, 'FP64', { nonFinite: true }).data as Float64Array)]).toEqual(expected);
    expect([...(scan(text, 'FP16', { nonFinite: true }).data as Uint16Array)]).toEqual([
      0x7e00, 0x7c00, 0xfc00, 0x3c00,
    ]);
    expect(refusal(() => scan(text, 'FP32')).code).toBe('BODY_MALFORMED');
    expect(refusal(() => scan('[NaN]', 'INT32', { nonFinite: true })).code).toBe('INPUT_VALUE');
    expect(refusal(() => scan('[Infinity]', 'INT64', { nonFinite: true })).code).toBe('INPUT_VALUE');
  });
});

describe('an integer', () => {
  const ranges = {
    UINT8: [0n, 255n],
    UINT16: [0n, 65_535n],
    UINT32: [0n, 2n ** 32n - 1n],
    UINT64: [0n, 2n ** 64n - 1n],
    INT8: [-128n, 127n],
    INT16: [-32_768n, 32_767n],
    INT32: [-(2n ** 31n), 2n ** 31n - 1n],
    INT64: [-(2n ** 63n), 2n ** 63n - 1n],
  } as const;

  test.each(Object.entries(ranges))('%s is exact in its range and refused outside', (name, [least, most]) => {
    const datatype = name as keyof typeof ranges;
    fc.assert(
      fc.property(fc.bigInt({ min: least, max: most }), (value) => {
        expect(BigInt(scan(`[${value}]`, datatype, { strictIntegers: true }).data[0] as number)).toBe(value);
      }),
    );
    for (const edge of [least, most]) expect(BigInt(scan(`${edge}`, datatype).data[0] as number)).toBe(edge);
    for (const beyond of [least - 1n, most + 1n, 10n ** 30n, -(10n ** 30n)])
      expect(refusal(() => scan(`[${beyond}]`, datatype)).code).toBe('INPUT_VALUE');
  });

  test('takes 1.0 and 1e3 for integers unless the protocol is strict', () => {
    for (const datatype of ['INT32', 'INT64'] as const) {
      expect([...(scan('[1.0,1e3,-0,-0.0]', datatype).data as Int32Array)].map(Number)).toEqual([
        1, 1000, 0, 0,
      ]);
      expect(refusal(() => scan('[1.0]', datatype, { strictIntegers: true })).code).toBe('INPUT_VALUE');
      expect(refusal(() => scan('[1e3]', datatype, { strictIntegers: true })).code).toBe('INPUT_VALUE');
      expect(refusal(() => scan('[1.5]', datatype)).code).toBe('INPUT_VALUE');
    }
    // Beyond 2^53 a decimal no longer says which integer is meant.
    expect(refusal(() => scan('[9007199254740993.0]', 'INT64')).code).toBe('INPUT_VALUE');
    expect(scan('[9007199254740993]', 'INT64').data[0]).toBe(9007199254740993n);
  });
});
