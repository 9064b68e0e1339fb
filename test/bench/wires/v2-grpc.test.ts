import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesField, fieldsOf, integersOf, packedField } from '../../../src/bench/wires/protobuf.ts';
import { v2Grpc } from '../../../src/bench/wires/v2-grpc.ts';
import { allocate, type Datatype, datatypes, type Tensor } from '../../../src/core/tensor.ts';
import { oracle } from '../../serve/protobuf/oracle.ts';

const request = oracle.lookupType('inference.ModelInferRequest');
const response = oracle.lookupType('inference.ModelInferResponse');

function answer(document: object): Buffer {
  return Buffer.from(response.encode(response.fromObject(document)).finish());
}

function readBy(body: Buffer): object {
  return Object.fromEntries(v2Grpc.read({ headers: {}, body }));
}

describe('a request', () => {
  const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 300], data: new Float32Array(300).fill(1.5) };
  const texts: Tensor = { name: 't', datatype: 'BYTES', shape: [2], data: ['ü', Uint8Array.of(0, 255)] };

  test('is read by other people’s code: names, shapes, and the data as raw bytes', () => {
    const { bytes, headers } = v2Grpc.body([x, texts], 'iris');
    const message = request.toObject(request.decode(bytes), { longs: Number });
    expect(headers).toEqual({});
    expect(message).toMatchObject({
      modelName: 'iris',
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [1, 300] },
        { name: 't', datatype: 'BYTES', shape: [2] },
      ],
    });
    expect(Buffer.from(message.rawInputContents[0])).toEqual(Buffer.from((x.data as Float32Array).buffer));
    expect(Buffer.from(message.rawInputContents[1])).toEqual(
      Buffer.from([2, 0, 0, 0, 0xc3, 0xbc, 2, 0, 0, 0, 0, 255]),
    );
  });

  test('of a scalar has no shape', () => {
    const scalar: Tensor = { name: 's', datatype: 'BOOL', shape: [], data: Uint8Array.of(1) };
    const message = request.toObject(request.decode(v2Grpc.body([scalar], 'm').bytes));
    expect(message.inputs).toEqual([{ name: 's', datatype: 'BOOL' }]);
  });

  test('needs the name of a model', () => {
    expect(v2Grpc.path(undefined)).toBeUndefined();
    expect(v2Grpc.path('iris')).toBe('/inference.GRPCInferenceService/ModelInfer');
  });
});

describe('an answer', () => {
  test('with raw bytes', () => {
    const raw = [Float32Array.of(0.25, -1), BigInt64Array.of(-7n)].map((data) => Buffer.from(data.buffer));
    const outputs = [
      { name: 'p', datatype: 'FP32', shape: [1, 2] },
      { name: 'label', datatype: 'INT64', shape: [1] },
    ];
    expect(readBy(answer({ modelName: 'm', outputs, rawOutputContents: raw }))).toEqual({
      p: [0.25, -1],
      label: [-7],
    });
  });

  test.each<[Datatype, object, readonly unknown[]]>([
    ['BOOL', { boolContents: [true, false] }, [1, 0]],
    ['INT8', { intContents: [-128, 127] }, [-128, 127]],
    ['INT32', { intContents: [-5, 2 ** 31 - 1] }, [-5, 2 ** 31 - 1]],
    ['UINT16', { uintContents: [0, 65535] }, [0, 65535]],
    ['UINT32', { uintContents: [0, 2 ** 32 - 1] }, [0, 2 ** 32 - 1]],
    ['INT64', { int64Contents: ['-9', '5'] }, [-9, 5]],
    ['UINT64', { uint64Contents: ['0', '18446744073709551615'] }, [0, '18446744073709551615']],
    ['FP32', { fp32Contents: [0.5, -2] }, [0.5, -2]],
    ['FP64', { fp64Contents: [0.1, 1e300] }, [0.1, 1e300]],
    ['BYTES', { bytesContents: [Buffer.from('a'), Buffer.from('üb')] }, ['a', 'üb']],
  ])('with typed contents of %s', (datatype, contents, values) => {
    const outputs = [{ name: 'y', datatype, shape: [2], contents }];
    const [[name, given]] = Object.entries(readBy(answer({ outputs }))) as [[string, unknown[]]];
    expect([name, given.map((value) => (typeof value === 'boolean' ? Number(value) : value))]).toEqual([
      'y',
      values,
    ]);
  });

  test.each([
    ['nothing', Buffer.alloc(0), SyntaxError],
    ['no outputs', answer({ modelName: 'm' }), SyntaxError],
    ['another protocol', Buffer.from('{"predictions": []}'), SyntaxError],
    ['an end too soon', answer({ modelName: 'm'.repeat(50) }).subarray(0, 20), SyntaxError],
    [
      'no datatype',
      answer({ outputs: [{ name: 'y', shape: [1] }], rawOutputContents: [Buffer.alloc(4)] }),
      SyntaxError,
    ],
    [
      'too few bytes',
      answer({
        outputs: [{ name: 'y', datatype: 'FP32', shape: [2] }],
        rawOutputContents: [Buffer.alloc(4)],
      }),
      RangeError,
    ],
  ])('that is %s is told', (_, body, kind) => {
    expect(() => readBy(body)).toThrow(kind);
  });

  test.each(datatypes.filter((datatype) => datatype !== 'BYTES'))(
    'of %s comes back as it was sent',
    (datatype) => {
      const data = allocate(datatype, 3);
      const sent = v2Grpc.body([{ name: 'y', datatype, shape: [3], data }], 'm').bytes;
      const { rawInputContents } = request.toObject(request.decode(sent));
      const outputs = [{ name: 'y', datatype, shape: [3] }];
      expect(Object.values(readBy(answer({ outputs, rawOutputContents: rawInputContents })))[0]).toHaveLength(
        3,
      );
    },
  );
});

describe('fields', () => {
  test('come back as they were written', () => {
    const number = fc.integer({ min: 1, max: 2 ** 28 });
    const list = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, fc.oneof(fc.uint8Array(), list)), { maxLength: 5 }), (fields) => {
        const message = Buffer.concat(
          fields.map(([at, value]) =>
            value instanceof Uint8Array ? bytesField(at, value) : packedField(at, value),
          ),
        );
        const read = fieldsOf(message).map(({ number: at, value }, index) => {
          const written = fields[index]![1];
          return [at, written instanceof Uint8Array ? Uint8Array.from(value as Buffer) : integersOf([value])];
        });
        expect(read).toEqual(fields);
      }),
    );
  });

  test('whatever the bytes, they are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          fieldsOf(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });
});
