import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import {
  InferParameter,
  InferTensorContents,
  ModelInferRequest,
} from '../../../src/serve/proto/open-inference.gen.ts';
import { TensorProto } from '../../../src/serve/proto/tensorflow.gen.ts';
import { ModelSpec, PredictRequest } from '../../../src/serve/proto/tensorflow-serving.gen.ts';
import { decodeWith, encodeWith } from './oracle.ts';

const int32 = fc.integer();
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 20 });
const texts = (list: readonly bigint[]) => list.map(String);

const contents = fc.record({
  boolContents: fc.array(fc.boolean()),
  intContents: fc.array(int32),
  int64Contents: fc.array(int64),
  uintContents: fc.array(uint32),
  uint64Contents: fc.array(uint64),
  fp32Contents: fc.array(fc.float()),
  fp64Contents: fc.array(fc.double()),
  bytesContents: fc.array(bytes),
});

describe('lists of numbers', () => {
  test('are read as another implementation writes them', () => {
    fc.assert(
      fc.property(contents, (lists) => {
        const wire = encodeWith('inference.InferTensorContents', {
          ...lists,
          int64Contents: texts(lists.int64Contents),
          uint64Contents: texts(lists.uint64Contents),
        });
        expect(plain(InferTensorContents.decode(wire))).toEqual(plain(typed(lists)));
      }),
    );
  });

  test('are written as another implementation reads them', () => {
    fc.assert(
      fc.property(contents, (lists) => {
        const wire = InferTensorContents.encode(typed(lists));
        const read = InferTensorContents.decode(encodeBack(wire));
        expect(plain(read)).toEqual(plain(typed(lists)));
      }),
    );
  });

  test('may come element by element, in pieces, and mixed with other fields', () => {
    const single = Buffer.from([0x35, 0, 0, 0x80, 0x3f]);
    const packed = Buffer.from([0x32, 8, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40]);
    const int = Buffer.from([0x10, 7]);
    const wire = Buffer.concat([packed, int, single, single, int, packed]);
    const { fp32Contents, intContents } = InferTensorContents.decode(wire);
    expect([...fp32Contents]).toEqual([2, 3, 1, 1, 2, 3]);
    expect([...intContents]).toEqual([7, 7]);
  });

  test('share the memory of the request where it is aligned, and are copied where it is not', () => {
    const body = InferTensorContents.encode({ fp32Contents: new Float32Array(64).fill(1.5) });
    let shared = 0;
    for (let shift = 0; shift < 32; shift++) {
      const room = Buffer.from(new ArrayBuffer(body.length + shift)).subarray(shift);
      body.copy(room);
      const { fp32Contents } = InferTensorContents.decode(room);
      expect([...fp32Contents]).toEqual(new Array(64).fill(1.5));
      expect(fp32Contents.byteOffset % 16).toBe(0);
      if (fp32Contents.buffer === room.buffer) shared += 1;
    }
    expect(shared).toBe(2);
  });

  test('a million elements given one by one take a second at most', () => {
    const wire = Buffer.alloc(2_000_000, Buffer.from([0x10, 7]));
    const start = performance.now();
    expect(InferTensorContents.decode(wire).intContents.length).toBe(1_000_000);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('messages', () => {
  test('are written as another implementation reads them, maps, nested messages and all', () => {
    const wire = ModelInferRequest.encode({
      modelName: 'iris',
      id: 'é😀',
      parameters: new Map([
        ['priority', { uint64Param: 2n ** 64n - 1n }],
        ['zero', { int64Param: 0n }],
        ['text', { stringParam: '' }],
      ]),
      inputs: [
        {
          name: 'X',
          datatype: 'FP32',
          shape: BigInt64Array.of(-1n, 3n),
          contents: { boolContents: Uint8Array.of(1) },
        },
        { name: '' },
      ],
      outputs: [{ name: 'y' }],
      rawInputContents: [Uint8Array.of(1, 2), new Uint8Array(0)],
    });
    expect(decodeWith('inference.ModelInferRequest', wire)).toEqual({
      modelName: 'iris',
      id: 'é😀',
      parameters: {
        priority: { uint64Param: '18446744073709551615' },
        zero: { int64Param: '0' },
        text: { stringParam: '' },
      },
      inputs: [{ name: 'X', datatype: 'FP32', shape: ['-1', '3'], contents: { boolContents: [true] } }, {}],
      outputs: [{ name: 'y' }],
      rawInputContents: ['AQI=', ''],
    });
  });

  test('of two members of a oneof the last one counts', () => {
    const wire = Buffer.concat([
      InferParameter.encode({ int64Param: 5n }),
      InferParameter.encode({ stringParam: 'x' }),
    ]);
    expect(InferParameter.decode(wire)).toEqual({
      boolParam: undefined,
      int64Param: undefined,
      stringParam: 'x',
      doubleParam: undefined,
      uint64Param: undefined,
    });
  });

  test('a nested message that comes twice is merged', () => {
    const wire = Buffer.concat([
      PredictRequest.encode({ modelSpec: { name: 'a', version: { value: 3n } } }),
      PredictRequest.encode({ modelSpec: { signatureName: 's' } }),
    ]);
    expect(PredictRequest.decode(wire).modelSpec).toEqual({
      name: 'a',
      version: { value: 3n },
      versionLabel: undefined,
      signatureName: 's',
    });
  });

  test('an empty nested message is there', () => {
    expect(ModelSpec.decode(Buffer.from([0x12, 0])).version).toEqual({ value: 0n });
    expect(ModelSpec.decode(Buffer.alloc(0)).version).toBeUndefined();
  });

  test('of a key that comes twice the last value counts, and a value left out is the default', () => {
    const twice = Buffer.concat(
      ['a', 'b'].map((id) => ModelInferRequest.encode({ parameters: new Map([['k', { stringParam: id }]]) })),
    );
    expect(ModelInferRequest.decode(twice).parameters.get('k')?.stringParam).toBe('b');
    expect(ModelInferRequest.decode(Buffer.from([0x22, 0])).parameters.get('')).toEqual(
      InferParameter.decode(Buffer.alloc(0)),
    );
  });

  test('unknown fields of every wire type are passed over', () => {
    const unknown = Buffer.from([
      0xf8, 6, 0x96, 1, 0xf9, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xfa, 6, 2, 1, 2, 0xfd, 6, 1, 2, 3, 4,
    ]);
    expect(ModelSpec.decode(Buffer.concat([unknown, ModelSpec.encode({ name: 'x' }), unknown])).name).toBe(
      'x',
    );
  });

  test('floats keep their sign of zero, NaN and infinities', () => {
    const values = Float32Array.of(-0, Number.NaN, Number.NEGATIVE_INFINITY);
    const read = TensorProto.decode(TensorProto.encode({ floatVal: values }));
    expect(plain(read.floatVal)).toEqual(plain(values));
    expect(decodeWith('inference.InferParameter', InferParameter.encode({ doubleParam: -0 }))).toEqual({
      doubleParam: -0,
    });
  });
});

describe('malformed bytes', () => {
  const good = ModelInferRequest.encode({
    modelName: 'iris',
    inputs: [
      { name: 'X', shape: BigInt64Array.of(1n, 300n), contents: { fp32Contents: Float32Array.of(1, 2) } },
    ],
    rawInputContents: [new Uint8Array(200)],
  });

  test('any bytes give a message or BODY_MALFORMED', () => {
    const damaged = fc
      .tuple(fc.nat(), fc.uint8Array({ maxLength: 4 }), fc.nat({ max: 4 }))
      .map(([at, put, cut]) => {
        const place = at % good.length;
        return Buffer.concat([good.subarray(0, place), put, good.subarray(place + cut)]);
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (wire) => {
        try {
          ModelInferRequest.decode(wire);
        } catch (error) {
          expect(error).toBeInstanceOf(MdeployError);
          expect((error as MdeployError).code).toBe('BODY_MALFORMED');
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['cut in the middle of a field', good.subarray(0, -1), 'ends in the middle of a field'],
    ['cut in a tag', Buffer.from([0x80]), 'ends in the middle of a field'],
    [
      'a length beyond 2^32',
      Buffer.from([0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 1]),
      'ends in the middle of a field',
    ],
    ['a number of eleven bytes', Buffer.from([0x08, ...new Array(11).fill(0x80), 1]), 'more than ten bytes'],
    ['field number 0', Buffer.from([0x00, 1]), 'a field without a number'],
    ['a group', Buffer.from([0x0b]), 'unknown wire type 3'],
    ['a text that is not UTF-8', Buffer.from([0x0a, 1, 0xff]), 'not UTF-8'],
    [
      'floats of five bytes',
      wrap(0x2a, wrap(0x2a, Buffer.from([0x32, 5, 1, 2, 3, 4, 5]))),
      '4-byte numbers has 5 bytes',
    ],
    ['a packed number cut short', wrap(0x2a, Buffer.from([0x1a, 1, 0x80])), 'ends in the middle of a number'],
    [
      'a packed number of eleven bytes',
      wrap(0x2a, wrap(0x1a, Buffer.from([...new Array(11).fill(0x80), 1]))),
      'ten bytes',
    ],
    [
      '100,001 nested messages',
      Buffer.alloc(200_002, Buffer.from([0x2a, 0])),
      'more than 100000 nested messages',
    ],
  ])('%s', (_, wire, reason) => {
    expect(() => ModelInferRequest.decode(wire)).toThrow(reason);
  });

  test('a map of more entries than any model has inputs is refused', () => {
    const entry = (index: number) => {
      const name = Buffer.from(`k${index}`);
      return Buffer.concat([Buffer.from([0x22, name.length + 2, 0x0a, name.length]), name]);
    };
    const entries = (count: number) =>
      Buffer.concat(Array.from({ length: count }, (_, index) => entry(index)));
    expect(ModelInferRequest.decode(entries(4096)).parameters.size).toBe(4096);
    expect(() => ModelInferRequest.decode(entries(4097))).toThrow('a map in it has more than 4096 entries');
  });

  test('millions of empty byte strings do not become millions of objects', () => {
    const wire = Buffer.alloc(2 * 1_000_001, Buffer.from([0x42, 0]));
    expect(() => InferTensorContents.decode(wire)).toThrow('more than 1000000 elements');
  });
});

type Lists = typeof contents extends fc.Arbitrary<infer L> ? L : never;

function typed(lists: Lists): InferTensorContents {
  return {
    boolContents: Uint8Array.from(lists.boolContents, Number),
    intContents: Int32Array.from(lists.intContents),
    int64Contents: BigInt64Array.from(lists.int64Contents),
    uintContents: Uint32Array.from(lists.uintContents),
    uint64Contents: BigUint64Array.from(lists.uint64Contents),
    fp32Contents: Float32Array.from(lists.fp32Contents),
    fp64Contents: Float64Array.from(lists.fp64Contents),
    bytesContents: lists.bytesContents,
  };
}

/** Through the other implementation and back. */
function encodeBack(wire: Uint8Array): Uint8Array {
  return encodeWith('inference.InferTensorContents', decodeWith('inference.InferTensorContents', wire));
}

/** Values in a form that toEqual compares bit by bit but for the payload of a NaN. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value))
    return [...(value as Float32Array)].map((item) => (Object.is(item, -0) ? '-0' : String(item)));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
}

function wrap(tag: number, inner: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag, inner.length]), inner]);
}
