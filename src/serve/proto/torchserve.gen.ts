// Made by scripts/proto.ts from torchserve.proto: do not edit.
import { map, one } from '../protobuf/fields.ts';
import { message, type Message } from '../protobuf/message.ts';
import { bytes, string } from '../protobuf/scalars.ts';

export interface PredictionsRequest {
  modelName: string;
  modelVersion: string;
  input: Map<string, Uint8Array>;
  sequenceId: string;
}

export const PredictionsRequest: Message<PredictionsRequest> = message(() => [one(1, 'modelName', string), one(2, 'modelVersion', string), map(3, 'input', string, bytes), one(4, 'sequenceId', string)]);

export interface PredictionResponse {
  prediction: Uint8Array;
}

export const PredictionResponse: Message<PredictionResponse> = message(() => [one(1, 'prediction', bytes)]);

export interface TorchServeHealthResponse {
  health: string;
}

export const TorchServeHealthResponse: Message<TorchServeHealthResponse> = message(() => [one(1, 'health', string)]);

