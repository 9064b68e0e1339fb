// Made by scripts/proto.ts from health.proto: do not edit.
import { one } from '../protobuf/fields.ts';
import { message, type Message } from '../protobuf/message.ts';
import { int32, string } from '../protobuf/scalars.ts';

export interface HealthCheckRequest {
  service: string;
}

export const HealthCheckRequest: Message<HealthCheckRequest> = message(() => [one(1, 'service', string)]);

export interface HealthCheckResponse {
  status: number;
}

export const HealthCheckResponse: Message<HealthCheckResponse> = message(() => [one(1, 'status', int32)]);

export const ServingStatus = {
  UNKNOWN: 0,
  SERVING: 1,
  NOT_SERVING: 2,
  SERVICE_UNKNOWN: 3,
} as const;

