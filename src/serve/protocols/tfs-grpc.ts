import type { GrpcMethod, GrpcProtocol } from '../grpc-protocol.ts';
import {
  ClassificationRequest,
  type ModelSpec,
  MultiInferenceRequest,
  PredictRequest,
  RegressionRequest,
} from '../proto/tensorflow-serving.gen.ts';
import { plainText } from './tfs-errors.ts';
import { decodeClassification, decodeMultiInference, decodeRegression } from './tfs-grpc-examples.ts';
import { modelMetadata, modelStatuses } from './tfs-grpc-models.ts';
import { decodePredictMessage } from './tfs-grpc-predict.ts';
import { refuseReload, reload } from './tfs-grpc-reload.ts';

/** TensorFlow Serving's gRPC API, see docs/protocols/tfserving-grpc.md. */
export const tfsGrpc: GrpcProtocol = {
  name: 'tfs',
  services: [
    {
      name: 'tensorflow.serving.PredictionService',
      methods: [
        infer('Predict', 'grpc_predict', decodePredictMessage, PredictRequest),
        { kind: 'info', name: 'GetModelMetadata', api: 'metadata', answer: modelMetadata },
        infer('Classify', 'grpc_classify', decodeClassification, ClassificationRequest),
        infer('Regress', 'grpc_regress', decodeRegression, RegressionRequest),
        {
          kind: 'infer',
          name: 'MultiInference',
          api: 'grpc_multi_inference',
          decode: decodeMultiInference,
          modelOf: (body) => MultiInferenceRequest.decode(body).tasks[0]?.modelSpec?.name ?? '',
        },
      ],
    },
    {
      name: 'tensorflow.serving.ModelService',
      methods: [
        { kind: 'info', name: 'GetModelStatus', api: 'status', answer: modelStatuses },
        {
          kind: 'info',
          name: 'HandleReloadConfigRequest',
          api: 'repository',
          answer: refuseReload,
          change: reload,
        },
      ],
    },
  ],
  textOf: plainText,
};

type Infer = Extract<GrpcMethod, { kind: 'infer' }>;

function infer(
  name: string,
  api: string,
  decode: Infer['decode'],
  request: { decode(body: Uint8Array): { modelSpec: ModelSpec | undefined } },
): Infer {
  return { kind: 'infer', name, api, decode, modelOf: (body) => request.decode(body).modelSpec?.name ?? '' };
}
