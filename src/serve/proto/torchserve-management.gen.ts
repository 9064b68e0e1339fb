// Made by scripts/proto.ts from torchserve-management.proto: do not edit.
import { one } from '../protobuf/fields.ts';
import { message, type Message } from '../protobuf/message.ts';
import { bool, int32, string } from '../protobuf/scalars.ts';

export interface ManagementResponse {
  msg: string;
}

export const ManagementResponse: Message<ManagementResponse> = message(() => [one(1, 'msg', string)]);

export interface DescribeModelRequest {
  modelName: string;
  modelVersion: string;
  customized: boolean;
}

export const DescribeModelRequest: Message<DescribeModelRequest> = message(() => [one(1, 'modelName', string), one(2, 'modelVersion', string), one(3, 'customized', bool)]);

export interface ListModelsRequest {
  limit: number;
  nextPageToken: number;
}

export const ListModelsRequest: Message<ListModelsRequest> = message(() => [one(1, 'limit', int32), one(2, 'nextPageToken', int32)]);

export interface RegisterModelRequest {
  batchSize: number;
  handler: string;
  initialWorkers: number;
  maxBatchDelay: number;
  modelName: string;
  responseTimeout: number;
  runtime: string;
  synchronous: boolean;
  url: string;
  s3SseKms: boolean;
  startupTimeout: number;
}

export const RegisterModelRequest: Message<RegisterModelRequest> = message(() => [one(1, 'batchSize', int32), one(2, 'handler', string), one(3, 'initialWorkers', int32), one(4, 'maxBatchDelay', int32), one(5, 'modelName', string), one(6, 'responseTimeout', int32), one(7, 'runtime', string), one(8, 'synchronous', bool), one(9, 'url', string), one(10, 's3SseKms', bool), one(11, 'startupTimeout', int32)]);

export interface ScaleWorkerRequest {
  modelName: string;
  modelVersion: string;
  maxWorker: number;
  minWorker: number;
  numberGpu: number;
  synchronous: boolean;
  timeout: number;
}

export const ScaleWorkerRequest: Message<ScaleWorkerRequest> = message(() => [one(1, 'modelName', string), one(2, 'modelVersion', string), one(3, 'maxWorker', int32), one(4, 'minWorker', int32), one(5, 'numberGpu', int32), one(6, 'synchronous', bool), one(7, 'timeout', int32)]);

export interface SetDefaultRequest {
  modelName: string;
  modelVersion: string;
}

export const SetDefaultRequest: Message<SetDefaultRequest> = message(() => [one(1, 'modelName', string), one(2, 'modelVersion', string)]);

export interface UnregisterModelRequest {
  modelName: string;
  modelVersion: string;
}

export const UnregisterModelRequest: Message<UnregisterModelRequest> = message(() => [one(1, 'modelName', string), one(2, 'modelVersion', string)]);

