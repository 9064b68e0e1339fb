import { describe, expect, test } from 'vitest';
import { tfsGrpc } from '../../../src/bench/wires/tfs-grpc.ts';
import { allocate, type Datatype, datatypes, type Tensor } from '../../../src/core/tensor.ts';
import { oracle } from '../../serve/protobuf/oracle.ts';

const request = oracle.lookupType('tensorflow.serving.PredictRequest');
const response = oracle.lookupType('tensorflow.serving.PredictResponse');

function answer(outputs: object): Buffer {
  return Buffer.from(response.encode(response.fromObject({ outputs })).finish());
}

function readBy(body: Buffer): object {
  return Object.fromEntries(tfsGrpc.read({ headers: {}, body }));
}

const shapeOf = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size })) });

describe('a request', () => {
  test('is read by other people’s code', () => {
    const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 300], data: new Float32Array(300).fill(1.5) };
    const t: Tensor = { name: 't', datatype: 'BYTES', shape: [2], data: ['ü', Uint8Array.of(0, 255)] };
    const { bytes } = tfsGrpc.body([x, t], 'iris');
    const message = request.toObject(request.decode(bytes), { longs: Number, enums: String });
    expect(message).toMatchObject({
      modelSpec: { name: 'iris' },
      inputs: {
        x: { dtype: 'DT_FLOAT', tensorShape: shapeOf(1, 300) },
        t: {
          dtype: 'DT_STRING',
          tensorShape: shapeOf(2),
          stringVal: [Buffer.from('ü'), Buffer.from([0, 255])],
        },
      },
    });
    expect(Buffer.from(message.inputs.x.tensorContent)).toEqual(Buffer.from((x.data as Float32Array).buffer));
  });

  test.each(datatypes)('names the type of %s as TensorFlow does', (datatype) => {
    const tensor = { name: 'x', datatype, shape: [], data: allocate(datatype, 1) } as Tensor;
    const { inputs } = request.toObject(request.decode(tfsGrpc.body([tensor], 'm').bytes), { enums: String });
    const names: Partial<Record<Datatype, string>> = {
      FP16: 'HALF',
      FP32: 'FLOAT',
      FP64: 'DOUBLE',
      BYTES: 'STRING',
    };
    expect(inputs.x.dtype).toBe(`DT_${names[datatype] ?? datatype}`);
  });

  test('needs the name of a model', () => {
    expect(tfsGrpc.path(undefined)).toBeUndefined();
    expect(tfsGrpc.path('iris')).toBe('/tensorflow.serving.PredictionService/Predict');
  });
});

describe('an answer', () => {
  test('with the bytes of its tensors', () => {
    const p = {
      dtype: 'DT_FLOAT',
      tensorShape: shapeOf(1, 2),
      tensorContent: Buffer.from(Float32Array.of(0.25, -1).buffer),
    };
    const label = {
      dtype: 'DT_INT64',
      tensorShape: shapeOf(1),
      tensorContent: Buffer.from(BigInt64Array.of(-7n).buffer),
    };
    expect(readBy(answer({ p, label }))).toEqual({ p: [0.25, -1], label: [-7] });
  });

  test.each<[string, object, readonly unknown[]]>([
    ['DT_FLOAT', { floatVal: [0.5, -2] }, [0.5, -2]],
    ['DT_DOUBLE', { doubleVal: [0.1, 1e300] }, [0.1, 1e300]],
    ['DT_INT32', { intVal: [-5, 7] }, [-5, 7]],
    ['DT_INT8', { intVal: [-128, 127] }, [-128, 127]],
    ['DT_UINT16', { intVal: [0, 65535] }, [0, 65535]],
    ['DT_INT64', { int64Val: ['-9', '5'] }, [-9, 5]],
    ['DT_UINT32', { uint32Val: [0, 2 ** 32 - 1] }, [0, 2 ** 32 - 1]],
    ['DT_UINT64', { uint64Val: ['0', '18446744073709551615'] }, [0, '18446744073709551615']],
    ['DT_HALF', { halfVal: [0x3c00, 0xc000] }, [1, -2]],
    ['DT_BOOL', { boolVal: [true, false] }, [1, 0]],
    ['DT_STRING', { stringVal: [Buffer.from('a'), Buffer.from('üb')] }, ['a', 'üb']],
    ['DT_FLOAT', { floatVal: [3] }, [3, 3]],
    ['DT_INT64', { int64Val: ['3'] }, [3, 3]],
  ])('with typed values of %s %j', (dtype, values, expected) => {
    const [[name, given]] = Object.entries(
      readBy(answer({ y: { dtype, tensorShape: shapeOf(2), ...values } })),
    ) as [[string, unknown[]]];
    expect([name, given.map((value) => (typeof value === 'boolean' ? Number(value) : value))]).toEqual([
      'y',
      expected,
    ]);
  });

  test.each([
    ['nothing', Buffer.alloc(0), SyntaxError],
    ['another protocol', Buffer.from('{"predictions": []}'), SyntaxError],
    ['an unknown type', answer({ y: { dtype: 'DT_COMPLEX64', tensorShape: shapeOf(1) } }), SyntaxError],
    ['no values', answer({ y: { dtype: 'DT_INT64', tensorShape: shapeOf(1) } }), RangeError],
    [
      'too few bytes',
      answer({ y: { dtype: 'DT_FLOAT', tensorShape: shapeOf(2), tensorContent: Buffer.alloc(4) } }),
      RangeError,
    ],
  ])('that is %s is told', (_, body, kind) => {
    expect(() => readBy(body)).toThrow(kind);
  });
});
