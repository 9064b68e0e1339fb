// Made by scripts/proto.ts from tensorflow.proto: do not edit.
import { list, many, map, nested, one, optional, part } from '../protobuf/fields.ts';
import { boolList, doubleList, floatList, int32List, int64List, uint32List, uint64List } from '../protobuf/lists.ts';
import { message, type Message } from '../protobuf/message.ts';
import { bool, bytes, int32, int64, string } from '../protobuf/scalars.ts';

export const DataType = {
  DT_INVALID: 0,
  DT_FLOAT: 1,
  DT_DOUBLE: 2,
  DT_INT32: 3,
  DT_UINT8: 4,
  DT_INT16: 5,
  DT_INT8: 6,
  DT_STRING: 7,
  DT_COMPLEX64: 8,
  DT_INT64: 9,
  DT_BOOL: 10,
  DT_QINT8: 11,
  DT_QUINT8: 12,
  DT_QINT32: 13,
  DT_BFLOAT16: 14,
  DT_QINT16: 15,
  DT_QUINT16: 16,
  DT_UINT16: 17,
  DT_COMPLEX128: 18,
  DT_HALF: 19,
  DT_RESOURCE: 20,
  DT_VARIANT: 21,
  DT_UINT32: 22,
  DT_UINT64: 23,
} as const;

export interface TensorShapeProto {
  dim: Dim[];
  unknownRank: boolean;
}

export const TensorShapeProto: Message<TensorShapeProto> = message(() => [many(2, 'dim', nested(() => Dim)), one(3, 'unknownRank', bool)]);

export interface Dim {
  size: bigint;
  name: string;
}

export const Dim: Message<Dim> = message(() => [one(1, 'size', int64), one(2, 'name', string)]);

export interface TensorProto {
  dtype: number;
  tensorShape: TensorShapeProto | undefined;
  versionNumber: number;
  tensorContent: Uint8Array;
  floatVal: Float32Array;
  doubleVal: Float64Array;
  intVal: Int32Array;
  stringVal: Uint8Array[];
  int64Val: BigInt64Array;
  boolVal: Uint8Array;
  halfVal: Int32Array;
  uint32Val: Uint32Array;
  uint64Val: BigUint64Array;
}

export const TensorProto: Message<TensorProto> = message(() => [one(1, 'dtype', int32), part(2, 'tensorShape', () => TensorShapeProto), one(3, 'versionNumber', int32), one(4, 'tensorContent', bytes), list(5, 'floatVal', floatList), list(6, 'doubleVal', doubleList), list(7, 'intVal', int32List), many(8, 'stringVal', bytes), list(10, 'int64Val', int64List), list(11, 'boolVal', boolList), list(13, 'halfVal', int32List), list(16, 'uint32Val', uint32List), list(17, 'uint64Val', uint64List)]);

export interface TensorInfo {
  name: string | undefined;
  dtype: number;
  tensorShape: TensorShapeProto | undefined;
}

export const TensorInfo: Message<TensorInfo> = message(() => [optional(1, 'name', string), one(2, 'dtype', int32), part(3, 'tensorShape', () => TensorShapeProto)]);

export interface SignatureDef {
  inputs: Map<string, TensorInfo>;
  outputs: Map<string, TensorInfo>;
  methodName: string;
}

export const SignatureDef: Message<SignatureDef> = message(() => [map(1, 'inputs', string, nested(() => TensorInfo)), map(2, 'outputs', string, nested(() => TensorInfo)), one(3, 'methodName', string)]);

export interface BytesList {
  value: Uint8Array[];
}

export const BytesList: Message<BytesList> = message(() => [many(1, 'value', bytes)]);

export interface FloatList {
  value: Float32Array;
}

export const FloatList: Message<FloatList> = message(() => [list(1, 'value', floatList)]);

export interface Int64List {
  value: BigInt64Array;
}

export const Int64List: Message<Int64List> = message(() => [list(1, 'value', int64List)]);

export interface Feature {
  bytesList: BytesList | undefined;
  floatList: FloatList | undefined;
  int64List: Int64List | undefined;
}

export const Feature: Message<Feature> = message(() => [part(1, 'bytesList', () => BytesList, ['floatList', 'int64List']), part(2, 'floatList', () => FloatList, ['bytesList', 'int64List']), part(3, 'int64List', () => Int64List, ['bytesList', 'floatList'])]);

export interface Features {
  feature: Map<string, Feature>;
}

export const Features: Message<Features> = message(() => [map(1, 'feature', string, nested(() => Feature))]);

export interface Example {
  features: Features | undefined;
}

export const Example: Message<Example> = message(() => [part(1, 'features', () => Features)]);

