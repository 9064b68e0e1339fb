import type { GrpcProtocol } from '../grpc-protocol.ts';
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
        { kind: 'infer', name: 'Predict', api: 'grpc_predict', decode: decodePredictMessage },
        { kind: 'info', name: 'GetModelMetadata', api: 'metadata', answer: modelMetadata },
        { kind: 'infer', name: 'Classify', api: 'grpc_classify', decode: decodeClassification },
        { kind: 'infer', name: 'Regress', api: 'grpc_regress', decode: decodeRegression },
        { kind: 'infer', name: 'MultiInference', api: 'grpc_multi_inference', decode: decodeMultiInference },
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
