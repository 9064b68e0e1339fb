// Made by scripts/proto.ts from open-inference.proto: do not edit.
import { list, many, map, nested, one, optional, part } from '../protobuf/fields.ts';
import { boolList, doubleList, floatList, int32List, int64List, uint32List, uint64List } from '../protobuf/lists.ts';
import { message, type Message } from '../protobuf/message.ts';
import { bool, bytes, double, int32, int64, string, uint64 } from '../protobuf/scalars.ts';

export type ServerLiveRequest = Record<never, never>;

export const ServerLiveRequest: Message<ServerLiveRequest> = message(() => []);

export interface ServerLiveResponse {
  live: boolean;
}

export const ServerLiveResponse: Message<ServerLiveResponse> = message(() => [one(1, 'live', bool)]);

export type ServerReadyRequest = Record<never, never>;

export const ServerReadyRequest: Message<ServerReadyRequest> = message(() => []);

export interface ServerReadyResponse {
  ready: boolean;
}

export const ServerReadyResponse: Message<ServerReadyResponse> = message(() => [one(1, 'ready', bool)]);

export interface ModelReadyRequest {
  name: string;
  version: string;
}

export const ModelReadyRequest: Message<ModelReadyRequest> = message(() => [one(1, 'name', string), one(2, 'version', string)]);

export interface ModelReadyResponse {
  ready: boolean;
}

export const ModelReadyResponse: Message<ModelReadyResponse> = message(() => [one(1, 'ready', bool)]);

export type ServerMetadataRequest = Record<never, never>;

export const ServerMetadataRequest: Message<ServerMetadataRequest> = message(() => []);

export interface ServerMetadataResponse {
  name: string;
  version: string;
  extensions: string[];
}

export const ServerMetadataResponse: Message<ServerMetadataResponse> = message(() => [one(1, 'name', string), one(2, 'version', string), many(3, 'extensions', string)]);

export interface ModelMetadataRequest {
  name: string;
  version: string;
}

export const ModelMetadataRequest: Message<ModelMetadataRequest> = message(() => [one(1, 'name', string), one(2, 'version', string)]);

export interface ModelMetadataResponse {
  name: string;
  versions: string[];
  platform: string;
  inputs: TensorMetadata[];
  outputs: TensorMetadata[];
}

export const ModelMetadataResponse: Message<ModelMetadataResponse> = message(() => [one(1, 'name', string), many(2, 'versions', string), one(3, 'platform', string), many(4, 'inputs', nested(() => TensorMetadata)), many(5, 'outputs', nested(() => TensorMetadata))]);

export interface TensorMetadata {
  name: string;
  datatype: string;
  shape: BigInt64Array;
}

export const TensorMetadata: Message<TensorMetadata> = message(() => [one(1, 'name', string), one(2, 'datatype', string), list(3, 'shape', int64List)]);

export interface ModelConfigRequest {
  name: string;
  version: string;
}

export const ModelConfigRequest: Message<ModelConfigRequest> = message(() => [one(1, 'name', string), one(2, 'version', string)]);

export const DataType = {
  TYPE_INVALID: 0,
  TYPE_BOOL: 1,
  TYPE_UINT8: 2,
  TYPE_UINT16: 3,
  TYPE_UINT32: 4,
  TYPE_UINT64: 5,
  TYPE_INT8: 6,
  TYPE_INT16: 7,
  TYPE_INT32: 8,
  TYPE_INT64: 9,
  TYPE_FP16: 10,
  TYPE_FP32: 11,
  TYPE_FP64: 12,
  TYPE_STRING: 13,
  TYPE_BF16: 14,
} as const;

export interface ModelInput {
  name: string;
  dataType: number;
  dims: BigInt64Array;
}

export const ModelInput: Message<ModelInput> = message(() => [one(1, 'name', string), one(2, 'dataType', int32), list(4, 'dims', int64List)]);

export interface ModelOutput {
  name: string;
  dataType: number;
  dims: BigInt64Array;
}

export const ModelOutput: Message<ModelOutput> = message(() => [one(1, 'name', string), one(2, 'dataType', int32), list(3, 'dims', int64List)]);

export interface ModelConfig {
  name: string;
  platform: string;
  maxBatchSize: number;
  input: ModelInput[];
  output: ModelOutput[];
  backend: string;
}

export const ModelConfig: Message<ModelConfig> = message(() => [one(1, 'name', string), one(2, 'platform', string), one(4, 'maxBatchSize', int32), many(5, 'input', nested(() => ModelInput)), many(6, 'output', nested(() => ModelOutput)), one(17, 'backend', string)]);

export interface ModelConfigResponse {
  config: ModelConfig | undefined;
}

export const ModelConfigResponse: Message<ModelConfigResponse> = message(() => [part(1, 'config', () => ModelConfig)]);

export interface InferParameter {
  boolParam: boolean | undefined;
  int64Param: bigint | undefined;
  stringParam: string | undefined;
  doubleParam: number | undefined;
  uint64Param: bigint | undefined;
}

export const InferParameter: Message<InferParameter> = message(() => [optional(1, 'boolParam', bool, ['int64Param', 'stringParam', 'doubleParam', 'uint64Param']), optional(2, 'int64Param', int64, ['boolParam', 'stringParam', 'doubleParam', 'uint64Param']), optional(3, 'stringParam', string, ['boolParam', 'int64Param', 'doubleParam', 'uint64Param']), optional(4, 'doubleParam', double, ['boolParam', 'int64Param', 'stringParam', 'uint64Param']), optional(5, 'uint64Param', uint64, ['boolParam', 'int64Param', 'stringParam', 'doubleParam'])]);

export interface InferTensorContents {
  boolContents: Uint8Array;
  intContents: Int32Array;
  int64Contents: BigInt64Array;
  uintContents: Uint32Array;
  uint64Contents: BigUint64Array;
  fp32Contents: Float32Array;
  fp64Contents: Float64Array;
  bytesContents: Uint8Array[];
}

export const InferTensorContents: Message<InferTensorContents> = message(() => [list(1, 'boolContents', boolList), list(2, 'intContents', int32List), list(3, 'int64Contents', int64List), list(4, 'uintContents', uint32List), list(5, 'uint64Contents', uint64List), list(6, 'fp32Contents', floatList), list(7, 'fp64Contents', doubleList), many(8, 'bytesContents', bytes)]);

export interface ModelInferRequest {
  modelName: string;
  modelVersion: string;
  id: string;
  parameters: Map<string, InferParameter>;
  inputs: InferInputTensor[];
  outputs: InferRequestedOutputTensor[];
  rawInputContents: Uint8Array[];
}

export const ModelInferRequest: Message<ModelInferRequest> = message(() => [one(1, 'modelName', string), one(2, 'modelVersion', string), one(3, 'id', string), map(4, 'parameters', string, nested(() => InferParameter)), many(5, 'inputs', nested(() => InferInputTensor)), many(6, 'outputs', nested(() => InferRequestedOutputTensor)), many(7, 'rawInputContents', bytes)]);

export interface InferInputTensor {
  name: string;
  datatype: string;
  shape: BigInt64Array;
  parameters: Map<string, InferParameter>;
  contents: InferTensorContents | undefined;
}

export const InferInputTensor: Message<InferInputTensor> = message(() => [one(1, 'name', string), one(2, 'datatype', string), list(3, 'shape', int64List), map(4, 'parameters', string, nested(() => InferParameter)), part(5, 'contents', () => InferTensorContents)]);

export interface InferRequestedOutputTensor {
  name: string;
  parameters: Map<string, InferParameter>;
}

export const InferRequestedOutputTensor: Message<InferRequestedOutputTensor> = message(() => [one(1, 'name', string), map(2, 'parameters', string, nested(() => InferParameter))]);

export interface ModelInferResponse {
  modelName: string;
  modelVersion: string;
  id: string;
  parameters: Map<string, InferParameter>;
  outputs: InferOutputTensor[];
  rawOutputContents: Uint8Array[];
}

export const ModelInferResponse: Message<ModelInferResponse> = message(() => [one(1, 'modelName', string), one(2, 'modelVersion', string), one(3, 'id', string), map(4, 'parameters', string, nested(() => InferParameter)), many(5, 'outputs', nested(() => InferOutputTensor)), many(6, 'rawOutputContents', bytes)]);

export interface InferOutputTensor {
  name: string;
  datatype: string;
  shape: BigInt64Array;
  parameters: Map<string, InferParameter>;
  contents: InferTensorContents | undefined;
}

export const InferOutputTensor: Message<InferOutputTensor> = message(() => [one(1, 'name', string), one(2, 'datatype', string), list(3, 'shape', int64List), map(4, 'parameters', string, nested(() => InferParameter)), part(5, 'contents', () => InferTensorContents)]);

export interface ModelStreamInferResponse {
  errorMessage: string;
  inferResponse: ModelInferResponse | undefined;
}

export const ModelStreamInferResponse: Message<ModelStreamInferResponse> = message(() => [one(1, 'errorMessage', string), part(2, 'inferResponse', () => ModelInferResponse)]);

export interface ModelStatisticsRequest {
  name: string;
  version: string;
}

export const ModelStatisticsRequest: Message<ModelStatisticsRequest> = message(() => [one(1, 'name', string), one(2, 'version', string)]);

export interface StatisticDuration {
  count: bigint;
  ns: bigint;
}

export const StatisticDuration: Message<StatisticDuration> = message(() => [one(1, 'count', uint64), one(2, 'ns', uint64)]);

export interface InferStatistics {
  success: StatisticDuration | undefined;
  fail: StatisticDuration | undefined;
  queue: StatisticDuration | undefined;
  computeInput: StatisticDuration | undefined;
  computeInfer: StatisticDuration | undefined;
  computeOutput: StatisticDuration | undefined;
  cacheHit: StatisticDuration | undefined;
  cacheMiss: StatisticDuration | undefined;
}

export const InferStatistics: Message<InferStatistics> = message(() => [part(1, 'success', () => StatisticDuration), part(2, 'fail', () => StatisticDuration), part(3, 'queue', () => StatisticDuration), part(4, 'computeInput', () => StatisticDuration), part(5, 'computeInfer', () => StatisticDuration), part(6, 'computeOutput', () => StatisticDuration), part(7, 'cacheHit', () => StatisticDuration), part(8, 'cacheMiss', () => StatisticDuration)]);

export interface InferBatchStatistics {
  batchSize: bigint;
  computeInput: StatisticDuration | undefined;
  computeInfer: StatisticDuration | undefined;
  computeOutput: StatisticDuration | undefined;
}

export const InferBatchStatistics: Message<InferBatchStatistics> = message(() => [one(1, 'batchSize', uint64), part(2, 'computeInput', () => StatisticDuration), part(3, 'computeInfer', () => StatisticDuration), part(4, 'computeOutput', () => StatisticDuration)]);

export interface ModelStatistics {
  name: string;
  version: string;
  lastInference: bigint;
  inferenceCount: bigint;
  executionCount: bigint;
  inferenceStats: InferStatistics | undefined;
  batchStats: InferBatchStatistics[];
}

export const ModelStatistics: Message<ModelStatistics> = message(() => [one(1, 'name', string), one(2, 'version', string), one(3, 'lastInference', uint64), one(4, 'inferenceCount', uint64), one(5, 'executionCount', uint64), part(6, 'inferenceStats', () => InferStatistics), many(7, 'batchStats', nested(() => InferBatchStatistics))]);

export interface ModelStatisticsResponse {
  modelStats: ModelStatistics[];
}

export const ModelStatisticsResponse: Message<ModelStatisticsResponse> = message(() => [many(1, 'modelStats', nested(() => ModelStatistics))]);

export interface ModelRepositoryParameter {
  boolParam: boolean | undefined;
  int64Param: bigint | undefined;
  stringParam: string | undefined;
  bytesParam: Uint8Array | undefined;
}

export const ModelRepositoryParameter: Message<ModelRepositoryParameter> = message(() => [optional(1, 'boolParam', bool, ['int64Param', 'stringParam', 'bytesParam']), optional(2, 'int64Param', int64, ['boolParam', 'stringParam', 'bytesParam']), optional(3, 'stringParam', string, ['boolParam', 'int64Param', 'bytesParam']), optional(4, 'bytesParam', bytes, ['boolParam', 'int64Param', 'stringParam'])]);

export interface RepositoryIndexRequest {
  repositoryName: string;
  ready: boolean;
}

export const RepositoryIndexRequest: Message<RepositoryIndexRequest> = message(() => [one(1, 'repositoryName', string), one(2, 'ready', bool)]);

export interface RepositoryIndexResponse {
  models: ModelIndex[];
}

export const RepositoryIndexResponse: Message<RepositoryIndexResponse> = message(() => [many(1, 'models', nested(() => ModelIndex))]);

export interface ModelIndex {
  name: string;
  version: string;
  state: string;
  reason: string;
}

export const ModelIndex: Message<ModelIndex> = message(() => [one(1, 'name', string), one(2, 'version', string), one(3, 'state', string), one(4, 'reason', string)]);

export interface RepositoryModelLoadRequest {
  repositoryName: string;
  modelName: string;
  parameters: Map<string, ModelRepositoryParameter>;
}

export const RepositoryModelLoadRequest: Message<RepositoryModelLoadRequest> = message(() => [one(1, 'repositoryName', string), one(2, 'modelName', string), map(3, 'parameters', string, nested(() => ModelRepositoryParameter))]);

export interface RepositoryModelLoadResponse {
  modelName: string;
  isLoaded: boolean;
}

export const RepositoryModelLoadResponse: Message<RepositoryModelLoadResponse> = message(() => [one(1, 'modelName', string), one(2, 'isLoaded', bool)]);

export interface RepositoryModelUnloadRequest {
  repositoryName: string;
  modelName: string;
  parameters: Map<string, ModelRepositoryParameter>;
}

export const RepositoryModelUnloadRequest: Message<RepositoryModelUnloadRequest> = message(() => [one(1, 'repositoryName', string), one(2, 'modelName', string), map(3, 'parameters', string, nested(() => ModelRepositoryParameter))]);

export interface RepositoryModelUnloadResponse {
  modelName: string;
  isUnloaded: boolean;
}

export const RepositoryModelUnloadResponse: Message<RepositoryModelUnloadResponse> = message(() => [one(1, 'modelName', string), one(2, 'isUnloaded', bool)]);

