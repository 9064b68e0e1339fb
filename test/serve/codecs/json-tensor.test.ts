import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import { encodeFloat16 } from '../../../src/core/float16.ts';
import { type Datatype, datatypes, elementCount } from '../../../src/core/tensor.ts';
import { refusal, scan } from './scan.ts';

const elements: Readonly<Record<Datatype, fc.Arbitrary<unknown>>> = {
  BOOL: fc.boolean(),
  UINT8: fc.integer({ min: 0, max: 255 }),
  UINT16: fc.integer({ min: 0, max: 65_535 }),
  UINT32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  UINT64: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  INT8: fc.integer({ min: -128, max: 127 }),
  INT16: fc.integer({ min: -32_768, max: 32_767 }),
  INT32: fc.integer(),
  INT64: fc.maxSafeInteger(),
  FP16: fc.integer({ min: -2048, max: 2048 }),
  FP32: fc.float({ noNaN: true, noDefaultInfinity: true }),
  FP64: fc.double({ noNaN: true, noDefaultInfinity: true }),
  BYTES: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array().map((bytes) => ({ b64: Buffer.from(bytes).toString('base64') })),
  ),
};

const cases = fc.constantFrom(...datatypes).chain((datatype) =>
  fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }).chain((shape) => {
    const count = elementCount(shape);
    return fc.record({
      datatype: fc.constant(datatype),
      shape: fc.constant(shape),
      flat: fc.array(elements[datatype], { minLength: count, maxLength: count }),
      space: fc.constantFrom('', ' ', '\n', '\r\n\t '),
    });
  }),
);

describe('a tensor', () => {
  test('of any datatype and shape is read as sent', () => {
    fc.assert(
      fc.property(cases, ({ datatype, shape, flat, space }) => {
        const text = nested(shape, flat, space);
        const tensor = scan(text, datatype);
        expect(tensor.shape).toEqual(visible(shape));
        expect([...tensor.data].map(plain)).toEqual(flat.map((value) => stored(value, datatype)));
        expect(tensor.data.length).toBe(elementCount(tensor.shape));
      }),
      { numRuns: 1500 },
    );
  });

  test('does not hold more memory than its elements', () => {
    const { data } = scan(JSON.stringify(Array.from({ length: 1000 }, () => [1, 2, 3])), 'FP32');
    expect((data as Float32Array).buffer.byteLength).toBe(12_000);
  });

  test('cut short at any byte is refused', () => {
    const text = Buffer.from('[[ 1.5, -2e3 ],\n[0.25,4]]');
    for (let length = 0; length < text.length; length++)
      expect(refusal(() => scan(text.subarray(0, length), 'FP32')).code).toBe('BODY_MALFORMED');
  });

  test('made of garbage gives a MdeployError for every datatype', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.stringMatching(/^[[\]{}",:0-9.eE+\-\\ ntf]{0,30}$/).map((text) => Buffer.from(text)),
      fc.jsonValue({ maxDepth: 4 }).map((value) => Buffer.from(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(garbage, fc.constantFrom(...datatypes), (bytes, datatype) => {
        try {
          const tensor = scan(bytes, datatype, { nonFinite: true });
          expect(tensor.data.length).toBe(elementCount(tensor.shape));
        } catch (error) {
          expect(error).toBeInstanceOf(MdeployError);
          expect((error as MdeployError).http).toBe(400);
        }
      }),
      { numRuns: 4000 },
    );
  });

  test.each([
    ['[[1,2],[3]]', 'INPUT_RAGGED', 'x[1]', '2', '1'],
    ['[[],[1]]', 'INPUT_RAGGED', 'x[1]', '0', '1'],
    ['[[1],[]]', 'INPUT_RAGGED', 'x[1]', '1', '0'],
    ['[[[1],[2]],[[3]]]', 'INPUT_RAGGED', 'x[1]', '2', '1'],
    ['[[[1,2]],[[3]]]', 'INPUT_RAGGED', 'x[1][0]', '2', '1'],
    ['[1,[2]]', 'INPUT_NESTING', 'x[1]', 'values', 'a list'],
    ['[[1],2]', 'INPUT_NESTING', 'x[1]', 'lists', 'a value'],
    ['[[],3]', 'INPUT_NESTING', 'x[1]', 'lists', 'a value'],
    ['[[],[[]]]', 'INPUT_NESTING', 'x[1][0]', 'values', 'a list'],
    ['[[[1]],[[2],[[3]]]]', 'INPUT_NESTING', 'x[1][1][0]', 'values', 'a list'],
    ['[[1,2],[3,"4"]]', 'INPUT_VALUE', 'x[1][1]', 'FP32 (a number up to 3.4e38)', '"4"'],
    ['null', 'INPUT_VALUE', 'x', 'FP32 (a number up to 3.4e38)', 'null'],
    ['[true]', 'INPUT_VALUE', 'x[0]', 'FP32 (a number up to 3.4e38)', 'true'],
    ['[0, {"a": [1]}]', 'INPUT_VALUE', 'x[1]', 'FP32 (a number up to 3.4e38)', '{"a": [1]}'],
  ])('%s is %s', (text, code, field, expected, received) => {
    expect(refusal(() => scan(text, 'FP32'))).toMatchObject({ code, details: { field, expected, received } });
  });

  test('shows at most 256 bytes of a wrong value', () => {
    const error = refusal(() => scan(`["${'a'.repeat(10_000)}"]`, 'FP32'));
    expect(error.details.received?.length).toBe(256);
    expect(error.message.length).toBeLessThan(600);
  });

  test('has no more elements than the limit', () => {
    for (const datatype of ['FP32', 'FP64', 'INT32', 'INT64'] as const) {
      expect(scan('[1,2,3,4]', datatype, { maxElements: 4 }).shape).toEqual([4]);
      expect(refusal(() => scan('[1,2,3,4,5]', datatype, { maxElements: 4 }))).toMatchObject({
        code: 'REQUEST_INVALID',
        message: 'Input "x" has more than 4 elements.',
      });
    }
    expect(refusal(() => scan('["a","b"]', 'BYTES', { maxElements: 1 })).code).toBe('REQUEST_INVALID');
    expect(refusal(() => scan('[true,false]', 'BOOL', { maxElements: 1 })).code).toBe('REQUEST_INVALID');
  });

  test('of a hundred thousand rows takes no time worth mentioning', () => {
    const text = Buffer.from(`[${'[1,2,3,4],'.repeat(99_999)}[1,2,3,4]]`);
    const started = performance.now();
    expect(scan(text, 'FP32').shape).toEqual([100_000, 4]);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('a BYTES element', () => {
  test.each([
    ['{"b64": "AAEC"}', [0, 1, 2]],
    ['{"b64":"AAE="}', [0, 1]],
    ['{ "b64" : "AAE" }', [0, 1]],
    ['{"b64":"\\/\\/8="}', [255, 255]],
    ['{"b64":""}', []],
  ])('%s is binary', (text, bytes) => {
    const [element] = scan(text, 'BYTES').data;
    expect(element).toBeInstanceOf(Uint8Array);
    expect([...(element as Uint8Array)]).toEqual(bytes);
  });

  test.each([
    '{"b64":"A"}',
    '{"b64":"AA=A"}',
    '{"b64":"AAE=="}',
    '{"b64":"A A="}',
    '{"b64":"_-8="}',
    '{"b64":3}',
    '{}',
    '{"b64":"AA==","x":1}',
    '{"x":"AA=="}',
    '3',
    'null',
    'true',
  ])('%s is none', (text) => {
    expect(refusal(() => scan(`["a",${text}]`, 'BYTES'))).toMatchObject({
      code: 'INPUT_VALUE',
      details: { field: 'x[1]', received: text },
    });
  });
});

/** Axes after one of length zero cannot be seen in JSON. */
function visible(shape: readonly number[]): readonly number[] {
  const empty = shape.indexOf(0);
  return empty < 0 ? shape : shape.slice(0, empty + 1);
}

function nested(shape: readonly number[], flat: readonly unknown[], space: string): string {
  const [length, ...rest] = shape;
  if (length === undefined) return JSON.stringify(flat[0]);
  const size = elementCount(rest);
  const items = Array.from({ length }, (_, index) =>
    nested(rest, flat.slice(index * size, (index + 1) * size), space),
  );
  return `[${space}${items.join(`${space},${space}`)}${space}]`;
}

function stored(value: unknown, datatype: Datatype): unknown {
  if (datatype === 'BOOL') return value ? 1 : 0;
  if (datatype === 'INT64' || datatype === 'UINT64') return BigInt(value as number);
  if (typeof value === 'object' && value !== null)
    return [...Buffer.from((value as { b64: string }).b64, 'base64')];
  // JSON.stringify drops the sign of zero.
  if (datatype === 'FP16') return encodeFloat16((value as number) + 0);
  return value === 0 ? 0 : value;
}

function plain(element: unknown): unknown {
  return element instanceof Uint8Array ? [...element] : element;
}
