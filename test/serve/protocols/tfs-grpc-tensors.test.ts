import { describe, expect, test } from 'vitest';
import { type Datatype, datatypes } from '../../../src/core/tensor.ts';
import { TensorProto } from '../../../src/serve/proto/tensorflow.gen.ts';
import { readTensorProto, writeTensorProto } from '../../../src/serve/protocols/tfs-grpc-tensors.ts';
import { sample } from '../../conformance/protocols.ts';
import { decodeWith, encodeWith } from '../protobuf/oracle.ts';
import { tfsTypes, valuesOf } from './grpc-callers.ts';
import { rawBytes } from './v2-client.ts';

function read(proto: object, datatype: Datatype = 'FP32', maxBytes = 2 ** 20) {
  const bytes = encodeWith('tensorflow.TensorProto', proto);
  return readTensorProto(TensorProto.decode(bytes), { name: 'x', datatype, shape: null }, maxBytes);
}

function shapeOf(...lengths: readonly (number | string)[]) {
  return { tensorShape: { dim: lengths.map((size) => ({ size })) } };
}

const numeric = datatypes.filter((datatype) => datatype !== 'BYTES');

describe('what is read', () => {
  test.each(numeric)('%s in tensor_content, which wins over a list', (datatype) => {
    const tensor = sample(datatype, [2, 3]);
    const [dtype, list] = tfsTypes[datatype];
    const proto = {
      dtype,
      ...shapeOf(2, 3),
      tensorContent: rawBytes(tensor),
      [list]: valuesOf(tensor).slice(0, 1),
    };
    expect(read(proto, datatype)).toEqual(tensor);
  });

  test.each(numeric)('%s in a short list: the last value stands for the rest', (datatype) => {
    const tensor = sample(datatype, [2, 3]);
    const [dtype, list] = tfsTypes[datatype];
    const values = valuesOf(tensor);
    const { data, shape } = read({ dtype, ...shapeOf(2, 3), [list]: values.slice(0, 2) }, datatype);
    expect(shape).toEqual([2, 3]);
    expect([...data]).toEqual([tensor.data[0], ...Array(5).fill(tensor.data[1])]);
  });

  test.each(numeric)('%s without values: zeros', (datatype) => {
    const { data } = read({ dtype: tfsTypes[datatype][0], ...shapeOf(3) }, datatype);
    expect([...data].map(Number)).toEqual([0, 0, 0]);
    expect(data).toHaveLength(3);
  });

  test('strings: the last one stands for the rest; without any they are empty; binary stays binary', () => {
    const binary = Buffer.of(0xff, 0);
    const strings = (stringVal: Buffer[]) =>
      [...read({ dtype: 7, ...shapeOf(3), stringVal }, 'BYTES').data].map((item) => [...(item as Buffer)]);
    expect(strings([Buffer.from('a'), binary])).toEqual([[97], [255, 0], [255, 0]]);
    expect(strings([])).toEqual([[], [], []]);
  });

  test('no shape and no axes: a scalar', () => {
    for (const shape of [{}, shapeOf()]) {
      expect(read({ dtype: 1, ...shape, floatVal: [2.5] })).toMatchObject({
        shape: [],
        data: Float32Array.of(2.5),
      });
      expect(read({ dtype: 1, ...shape })).toMatchObject({ shape: [], data: Float32Array.of(0) });
    }
  });

  test.each([
    [[0], 0],
    [[0, 4], 0],
    [[3, 0, 2], 0],
  ])('shape %j: no elements', (lengths, count) => {
    expect(read({ dtype: 1, ...shapeOf(...lengths) })).toMatchObject({ shape: lengths });
    expect(read({ dtype: 7, ...shapeOf(...lengths) }, 'BYTES').data).toHaveLength(count);
  });

  test.each([
    ['INT8', [-1, 128, 256], [-1, -128, 0]],
    ['UINT8', [-1, 128, 256], [255, 128, 0]],
    ['INT16', [32_768, -32_769], [-32_768, 32_767]],
    ['UINT16', [-1, 65_536], [65_535, 0]],
    ['FP16', [0x3c00, 0x13c00], [0x3c00, 0x3c00]],
  ] as const)('%s out of a wider list keeps the low bits, as TensorFlow does', (datatype, given, kept) => {
    const [dtype, list] = tfsTypes[datatype];
    expect([...read({ dtype, ...shapeOf(given.length), [list]: given }, datatype).data]).toEqual(kept);
  });

  test('NaN and infinities are values', () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0];
    expect([...read({ dtype: 1, ...shapeOf(4), floatVal: values }).data]).toEqual(values);
    const doubles = read({ dtype: 2, ...shapeOf(4), doubleVal: values }, 'FP64').data;
    expect([...doubles]).toEqual(values);
  });
});

describe('what is refused', () => {
  test.each([
    ['an unknown dtype', { dtype: 99 }, 'INPUT_DATATYPE', '99'],
    ['no dtype', {}, 'INPUT_DATATYPE', 'DT_INVALID'],
    ['a dtype that no model here takes', { dtype: 14 }, 'INPUT_DATATYPE', 'DT_BFLOAT16'],
    ['a complex one', { dtype: 8 }, 'INPUT_DATATYPE', 'DT_COMPLEX64'],
    ['an unknown rank', { dtype: 1, tensorShape: { unknownRank: true } }, 'REQUEST_INVALID', 'unknown rank'],
    ['a negative length', { dtype: 1, ...shapeOf(-1) }, 'REQUEST_INVALID', '"x.tensor_shape[0]" is -1'],
    [
      'lengths that overflow',
      { dtype: 1, ...shapeOf('4611686018427387904', 4) },
      'REQUEST_INVALID',
      '"x.tensor_shape[0]"',
    ],
    [
      'more values than elements',
      { dtype: 1, ...shapeOf(1), floatVal: [1, 2] },
      'REQUEST_INVALID',
      'Input "x" holds 2 values, but its shape [1] takes 1.',
    ],
    [
      'too few bytes',
      { dtype: 1, ...shapeOf(2), tensorContent: Buffer.alloc(7) },
      'REQUEST_INVALID',
      'Input "x" has 7 bytes of binary data, but [2] of FP32 takes 8.',
    ],
    [
      'a boolean that is neither',
      { dtype: 10, ...shapeOf(2), tensorContent: Buffer.of(1, 2) },
      'INPUT_VALUE',
      'at element 1',
    ],
    [
      'strings in tensor_content',
      { dtype: 7, ...shapeOf(1), tensorContent: Buffer.from('a') },
      'REQUEST_INVALID',
      'Send them in string_val.',
    ],
    [
      'few bytes for many values',
      { dtype: 1, ...shapeOf(2 ** 20), floatVal: [1] },
      'BODY_TOO_LARGE',
      '1048576 bytes',
    ],
    ['no bytes for many strings', { dtype: 7, ...shapeOf(2 ** 20) }, 'BODY_TOO_LARGE', '1048576 bytes'],
  ])('%s', (_, proto, code, text) => {
    let error: unknown;
    try {
      read(proto);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code });
    const { message, remedy } = error as { message: string; remedy: string };
    expect(`${message} ${remedy}`).toContain(text);
  });
});

describe('what is written', () => {
  test.each(datatypes)('%s in the list of its dtype, never as tensor_content', (datatype) => {
    const tensor = sample(datatype, [2, 3]);
    const [dtype, list] = tfsTypes[datatype];
    const proto = decodeWith('tensorflow.TensorProto', TensorProto.encode(writeTensorProto(tensor)));
    expect(proto).toMatchObject({ dtype, tensorShape: { dim: [{ size: '2' }, { size: '3' }] } });
    expect(proto[list]).toHaveLength(6);
    expect(proto).not.toHaveProperty('tensorContent');
  });

  test('a scalar has a shape without axes, an empty tensor no values', () => {
    const encode = (shape: number[], data: Float32Array) =>
      decodeWith(
        'tensorflow.TensorProto',
        TensorProto.encode(writeTensorProto({ name: 'y', datatype: 'FP32', shape, data })),
      );
    expect(encode([], Float32Array.of(3))).toEqual({ dtype: 1, tensorShape: {}, floatVal: [3] });
    expect(encode([0, 2], new Float32Array(0))).toEqual({
      dtype: 1,
      tensorShape: { dim: [{}, { size: '2' }] },
    });
  });
});
