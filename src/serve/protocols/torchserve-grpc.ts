import { failure } from '../../core/errors/error.ts';
import type { GrpcDecoded, GrpcMessage, GrpcProtocol } from '../grpc-protocol.ts';
import { PredictionResponse, PredictionsRequest, TorchServeHealthResponse } from '../proto/torchserve.gen.ts';
import type { Catalogue, ServerFacts } from '../protocol.ts';
import { fromForm } from './torchserve-decode.ts';
import { writePrediction } from './torchserve-encode.ts';
import { torchserveManagement } from './torchserve-grpc-management.ts';
import { target } from './torchserve-models.ts';

const predictions = {
  kind: 'infer',
  name: 'Predictions',
  api: 'grpc_predictions',
  decode,
  modelOf: (body: Uint8Array) => PredictionsRequest.decode(body).modelName,
} as const;

// One answer, as no model here has more.
const stream = {
  ...predictions,
  name: 'StreamPredictions',
  api: 'grpc_stream_predictions',
  isServerStream: true,
} as const;

const ping = {
  kind: 'info',
  name: 'Ping',
  api: 'health',
  answer: (_body: Uint8Array, _catalogue: Catalogue, server: ServerFacts) => {
    const status = server.status() === 'ready' ? 'Healthy' : 'Unhealthy';
    return TorchServeHealthResponse.encode({ health: JSON.stringify({ status }) });
  },
} as const;

/** TorchServe's inference and management API over gRPC, see docs/protocols/torchserve.md. */
export const torchserveGrpc: GrpcProtocol = {
  name: 'torchserve',
  services: [
    {
      name: 'org.pytorch.serve.grpc.inference.InferenceAPIsService',
      methods: [ping, predictions, stream],
    },
    torchserveManagement,
  ],
  textOf: (error) => `${error.message} ${error.remedy}`,
};

/** The entries of `input` are the fields of a form. */
function decode({ body }: GrpcMessage, catalogue: Catalogue): GrpcDecoded {
  const { modelName, modelVersion, input, sequenceId } = PredictionsRequest.decode(body);
  if (sequenceId !== '') {
    const instead = 'Send each request whole, without sequence_id.';
    throw failure('FEATURE_UNSUPPORTED', { feature: 'A sequence of requests', instead });
  }
  const version = modelVersion === '' ? undefined : modelVersion;
  const facts = target(catalogue, modelName, version);
  const parts = [...input].map(([name, value]) => ({ name, type: '', body: value }));
  const prediction = fromForm(parts, facts.signature);
  return {
    request: {
      model: facts.name,
      inputs: prediction.inputs,
      ...(version !== undefined && { version: facts.version }),
    },
    encode: (response) =>
      PredictionResponse.encode({ prediction: writePrediction(response, facts.signature, prediction) }),
  };
}
