// Made by scripts/proto.ts from google/protobuf/any.proto: do not edit.
import { one } from '../protobuf/fields.ts';
import { message, type Message } from '../protobuf/message.ts';
import { bytes, string } from '../protobuf/scalars.ts';

export interface Any {
  typeUrl: string;
  value: Uint8Array;
}

export const Any: Message<Any> = message(() => [one(1, 'typeUrl', string), one(2, 'value', bytes)]);

