// Made by scripts/proto.ts from google/protobuf/wrappers.proto: do not edit.
import { one } from '../protobuf/fields.ts';
import { message, type Message } from '../protobuf/message.ts';
import { bool, bytes, double, float, int32, int64, string, uint32, uint64 } from '../protobuf/scalars.ts';

export interface DoubleValue {
  value: number;
}

export const DoubleValue: Message<DoubleValue> = message(() => [one(1, 'value', double)]);

export interface FloatValue {
  value: number;
}

export const FloatValue: Message<FloatValue> = message(() => [one(1, 'value', float)]);

export interface Int64Value {
  value: bigint;
}

export const Int64Value: Message<Int64Value> = message(() => [one(1, 'value', int64)]);

export interface UInt64Value {
  value: bigint;
}

export const UInt64Value: Message<UInt64Value> = message(() => [one(1, 'value', uint64)]);

export interface Int32Value {
  value: number;
}

export const Int32Value: Message<Int32Value> = message(() => [one(1, 'value', int32)]);

export interface UInt32Value {
  value: number;
}

export const UInt32Value: Message<UInt32Value> = message(() => [one(1, 'value', uint32)]);

export interface BoolValue {
  value: boolean;
}

export const BoolValue: Message<BoolValue> = message(() => [one(1, 'value', bool)]);

export interface StringValue {
  value: string;
}

export const StringValue: Message<StringValue> = message(() => [one(1, 'value', string)]);

export interface BytesValue {
  value: Uint8Array;
}

export const BytesValue: Message<BytesValue> = message(() => [one(1, 'value', bytes)]);

