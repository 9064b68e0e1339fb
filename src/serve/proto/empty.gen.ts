// Made by scripts/proto.ts from google/protobuf/empty.proto: do not edit.
import { message, type Message } from '../protobuf/message.ts';

export type Empty = Record<never, never>;

export const Empty: Message<Empty> = message(() => []);

