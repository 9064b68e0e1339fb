import { failure } from '../../core/errors/error.ts';
import type { GrpcMethod, GrpcProtocol } from '../grpc-protocol.ts';
import { plainText } from './tfs-errors.ts';
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
        ...['Classify', 'Regress', 'MultiInference'].map(unimplemented),
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

function unimplemented(name: string): GrpcMethod {
  const answer = (): never => {
    throw failure('METHOD_UNIMPLEMENTED', { method: name });
  };
  return { kind: 'info', name, api: name.toLowerCase(), answer };
}
