// Made by scripts/proto.ts from tensorflow-serving.proto: do not edit.
import { list, many, map, nested, one, optional, part } from '../protobuf/fields.ts';
import { int64List } from '../protobuf/lists.ts';
import { message, type Message } from '../protobuf/message.ts';
import { float, int32, int64, string, uint32 } from '../protobuf/scalars.ts';
import { Any } from './any.gen.ts';
import { Example, SignatureDef, TensorProto } from './tensorflow.gen.ts';
import { Int64Value } from './wrappers.gen.ts';

export interface ModelSpec {
  name: string;
  version: Int64Value | undefined;
  versionLabel: string | undefined;
  signatureName: string;
}

export const ModelSpec: Message<ModelSpec> = message(() => [one(1, 'name', string), part(2, 'version', () => Int64Value, ['versionLabel']), optional(4, 'versionLabel', string, ['version']), one(3, 'signatureName', string)]);

export interface PredictRequest {
  modelSpec: ModelSpec | undefined;
  inputs: Map<string, TensorProto>;
  outputFilter: string[];
}

export const PredictRequest: Message<PredictRequest> = message(() => [part(1, 'modelSpec', () => ModelSpec), map(2, 'inputs', string, nested(() => TensorProto)), many(3, 'outputFilter', string)]);

export interface PredictResponse {
  outputs: Map<string, TensorProto>;
  modelSpec: ModelSpec | undefined;
}

export const PredictResponse: Message<PredictResponse> = message(() => [map(1, 'outputs', string, nested(() => TensorProto)), part(2, 'modelSpec', () => ModelSpec)]);

export interface ExampleList {
  examples: Example[];
}

export const ExampleList: Message<ExampleList> = message(() => [many(1, 'examples', nested(() => Example))]);

export interface ExampleListWithContext {
  examples: Example[];
  context: Example | undefined;
}

export const ExampleListWithContext: Message<ExampleListWithContext> = message(() => [many(1, 'examples', nested(() => Example)), part(2, 'context', () => Example)]);

export interface Input {
  exampleList: ExampleList | undefined;
  exampleListWithContext: ExampleListWithContext | undefined;
}

export const Input: Message<Input> = message(() => [part(1, 'exampleList', () => ExampleList, ['exampleListWithContext']), part(2, 'exampleListWithContext', () => ExampleListWithContext, ['exampleList'])]);

export interface Class {
  label: string;
  score: number;
}

export const Class: Message<Class> = message(() => [one(1, 'label', string), one(2, 'score', float)]);

export interface Classifications {
  classes: Class[];
}

export const Classifications: Message<Classifications> = message(() => [many(1, 'classes', nested(() => Class))]);

export interface ClassificationResult {
  classifications: Classifications[];
}

export const ClassificationResult: Message<ClassificationResult> = message(() => [many(1, 'classifications', nested(() => Classifications))]);

export interface ClassificationRequest {
  modelSpec: ModelSpec | undefined;
  input: Input | undefined;
}

export const ClassificationRequest: Message<ClassificationRequest> = message(() => [part(1, 'modelSpec', () => ModelSpec), part(2, 'input', () => Input)]);

export interface ClassificationResponse {
  result: ClassificationResult | undefined;
  modelSpec: ModelSpec | undefined;
}

export const ClassificationResponse: Message<ClassificationResponse> = message(() => [part(1, 'result', () => ClassificationResult), part(2, 'modelSpec', () => ModelSpec)]);

export interface Regression {
  value: number;
}

export const Regression: Message<Regression> = message(() => [one(1, 'value', float)]);

export interface RegressionResult {
  regressions: Regression[];
}

export const RegressionResult: Message<RegressionResult> = message(() => [many(1, 'regressions', nested(() => Regression))]);

export interface RegressionRequest {
  modelSpec: ModelSpec | undefined;
  input: Input | undefined;
}

export const RegressionRequest: Message<RegressionRequest> = message(() => [part(1, 'modelSpec', () => ModelSpec), part(2, 'input', () => Input)]);

export interface RegressionResponse {
  result: RegressionResult | undefined;
  modelSpec: ModelSpec | undefined;
}

export const RegressionResponse: Message<RegressionResponse> = message(() => [part(1, 'result', () => RegressionResult), part(2, 'modelSpec', () => ModelSpec)]);

export interface InferenceTask {
  modelSpec: ModelSpec | undefined;
  methodName: string;
}

export const InferenceTask: Message<InferenceTask> = message(() => [part(1, 'modelSpec', () => ModelSpec), one(2, 'methodName', string)]);

export interface MultiInferenceRequest {
  tasks: InferenceTask[];
  input: Input | undefined;
}

export const MultiInferenceRequest: Message<MultiInferenceRequest> = message(() => [many(1, 'tasks', nested(() => InferenceTask)), part(2, 'input', () => Input)]);

export interface InferenceResult {
  modelSpec: ModelSpec | undefined;
  classificationResult: ClassificationResult | undefined;
  regressionResult: RegressionResult | undefined;
}

export const InferenceResult: Message<InferenceResult> = message(() => [part(1, 'modelSpec', () => ModelSpec), part(2, 'classificationResult', () => ClassificationResult, ['regressionResult']), part(3, 'regressionResult', () => RegressionResult, ['classificationResult'])]);

export interface MultiInferenceResponse {
  results: InferenceResult[];
}

export const MultiInferenceResponse: Message<MultiInferenceResponse> = message(() => [many(1, 'results', nested(() => InferenceResult))]);

export interface GetModelMetadataRequest {
  modelSpec: ModelSpec | undefined;
  metadataField: string[];
}

export const GetModelMetadataRequest: Message<GetModelMetadataRequest> = message(() => [part(1, 'modelSpec', () => ModelSpec), many(2, 'metadataField', string)]);

export interface GetModelMetadataResponse {
  modelSpec: ModelSpec | undefined;
  metadata: Map<string, Any>;
}

export const GetModelMetadataResponse: Message<GetModelMetadataResponse> = message(() => [part(1, 'modelSpec', () => ModelSpec), map(2, 'metadata', string, nested(() => Any))]);

export interface SignatureDefMap {
  signatureDef: Map<string, SignatureDef>;
}

export const SignatureDefMap: Message<SignatureDefMap> = message(() => [map(1, 'signatureDef', string, nested(() => SignatureDef))]);

export interface StatusProto {
  errorCode: number;
  errorMessage: string;
}

export const StatusProto: Message<StatusProto> = message(() => [one(1, 'errorCode', int32), one(2, 'errorMessage', string)]);

export interface GetModelStatusRequest {
  modelSpec: ModelSpec | undefined;
}

export const GetModelStatusRequest: Message<GetModelStatusRequest> = message(() => [part(1, 'modelSpec', () => ModelSpec)]);

export interface ModelVersionStatus {
  version: bigint;
  state: number;
  status: StatusProto | undefined;
}

export const ModelVersionStatus: Message<ModelVersionStatus> = message(() => [one(1, 'version', int64), one(2, 'state', int32), part(3, 'status', () => StatusProto)]);

export const State = {
  UNKNOWN: 0,
  START: 10,
  LOADING: 20,
  AVAILABLE: 30,
  UNLOADING: 40,
  END: 50,
} as const;

export interface GetModelStatusResponse {
  modelVersionStatus: ModelVersionStatus[];
}

export const GetModelStatusResponse: Message<GetModelStatusResponse> = message(() => [many(1, 'modelVersionStatus', nested(() => ModelVersionStatus))]);

export interface ModelConfig {
  name: string;
  basePath: string;
  modelPlatform: string;
  loggingConfig: LoggingConfig | undefined;
  modelVersionPolicy: ServableVersionPolicy | undefined;
  versionLabels: Map<string, bigint>;
}

export const ModelConfig: Message<ModelConfig> = message(() => [one(1, 'name', string), one(2, 'basePath', string), one(4, 'modelPlatform', string), part(6, 'loggingConfig', () => LoggingConfig), part(7, 'modelVersionPolicy', () => ServableVersionPolicy), map(8, 'versionLabels', string, int64)]);

export type LoggingConfig = Record<never, never>;

export const LoggingConfig: Message<LoggingConfig> = message(() => []);

export interface ServableVersionPolicy {
  latest: Latest | undefined;
  all: All | undefined;
  specific: Specific | undefined;
}

export const ServableVersionPolicy: Message<ServableVersionPolicy> = message(() => [part(100, 'latest', () => Latest, ['all', 'specific']), part(101, 'all', () => All, ['latest', 'specific']), part(102, 'specific', () => Specific, ['latest', 'all'])]);

export interface Latest {
  numVersions: number;
}

export const Latest: Message<Latest> = message(() => [one(1, 'numVersions', uint32)]);

export type All = Record<never, never>;

export const All: Message<All> = message(() => []);

export interface Specific {
  versions: BigInt64Array;
}

export const Specific: Message<Specific> = message(() => [list(1, 'versions', int64List)]);

export interface ModelConfigList {
  config: ModelConfig[];
}

export const ModelConfigList: Message<ModelConfigList> = message(() => [many(1, 'config', nested(() => ModelConfig))]);

export interface ModelServerConfig {
  modelConfigList: ModelConfigList | undefined;
  customModelConfig: Any | undefined;
}

export const ModelServerConfig: Message<ModelServerConfig> = message(() => [part(1, 'modelConfigList', () => ModelConfigList, ['customModelConfig']), part(2, 'customModelConfig', () => Any, ['modelConfigList'])]);

export interface ReloadConfigRequest {
  config: ModelServerConfig | undefined;
}

export const ReloadConfigRequest: Message<ReloadConfigRequest> = message(() => [part(1, 'config', () => ModelServerConfig)]);

export interface ReloadConfigResponse {
  status: StatusProto | undefined;
}

export const ReloadConfigResponse: Message<ReloadConfigResponse> = message(() => [part(1, 'status', () => StatusProto)]);

