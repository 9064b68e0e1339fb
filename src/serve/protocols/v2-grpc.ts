import { version as toolVersion } from '../../core/version.ts';
import type { GrpcMessage, GrpcMethod, GrpcProtocol } from '../grpc-protocol.ts';
import * as proto from '../proto/open-inference.gen.ts';
import type { Catalogue, ModelFacts, ServerFacts } from '../protocol.ts';
import { modelConfigMessage } from './v2-grpc-config.ts';
import { decodeInferMessage } from './v2-grpc-infer.ts';
import { statistics } from './v2-grpc-statistics.ts';
import { extensionsOf, platform, target, tensorMetadata } from './v2-models.ts';
import { indexRows, refuseChange, refuseParameters } from './v2-repository.ts';

type Answer = Extract<GrpcMethod, { kind: 'info' }>['answer'];

/** Open Inference Protocol v2 over gRPC, as Triton and KServe speak it, see docs/protocols/v2-grpc.md. */
export const v2Grpc: GrpcProtocol = {
  name: 'v2',
  services: [
    {
      name: 'inference.GRPCInferenceService',
      methods: [
        info('ServerLive', 'health', (_, __, server) =>
          proto.ServerLiveResponse.encode({ live: server.status() !== 'broken' }),
        ),
        info('ServerReady', 'health', (_, __, server) =>
          proto.ServerReadyResponse.encode({ ready: server.status() === 'ready' }),
        ),
        info('ModelReady', 'health', modelReady),
        info('ServerMetadata', 'metadata', (_, __, server) =>
          proto.ServerMetadataResponse.encode({
            name: 'mdeploy',
            version: toolVersion,
            extensions: [...extensionsOf(server)],
          }),
        ),
        info('ModelMetadata', 'metadata', modelMetadata),
        info('ModelConfig', 'metadata', modelConfigMessage),
        {
          kind: 'infer',
          name: 'ModelInfer',
          api: 'grpc_infer',
          modelOf,
          decode: ({ body }, catalogue) =>
            decodeInferMessage(body, catalogue, proto.ModelInferResponse.encode),
        },
        {
          kind: 'infer',
          name: 'ModelStreamInfer',
          api: 'grpc_stream_infer',
          modelOf,
          decode: ({ body }, catalogue) =>
            decodeInferMessage(body, catalogue, (inferResponse) =>
              proto.ModelStreamInferResponse.encode({
                inferResponse: { ...inferResponse, parameters: lastAnswer },
              }),
            ),
          encodeRefusal,
        },
        { ...info('ModelStatistics', 'statistics', statistics), isCounted: true },
        info('RepositoryIndex', 'repository', repositoryIndex),
        {
          ...info('RepositoryModelLoad', 'repository', () => refuseChange('load')),
          change: async (body, changes) => {
            const modelName = changedModel(body);
            await changes.load(modelName);
            return proto.RepositoryModelLoadResponse.encode({ modelName, isLoaded: true });
          },
        },
        {
          ...info('RepositoryModelUnload', 'repository', () => refuseChange('unload')),
          change: async (body, changes) => {
            const modelName = changedModel(body);
            await changes.unload(modelName);
            return proto.RepositoryModelUnloadResponse.encode({ modelName, isUnloaded: true });
          },
        },
      ],
    },
  ],
  textOf: (error) => `${error.message} ${error.remedy}`,
};

function info(name: string, api: string, answer: Answer): Extract<GrpcMethod, { kind: 'info' }> {
  return { kind: 'info', name, api, answer };
}

// As Triton: a model that is known but not loaded is not ready, which is no error.
function modelReady(body: Uint8Array, catalogue: Catalogue, server: ServerFacts): Uint8Array {
  const { name } = proto.ModelReadyRequest.decode(body);
  const isServed = catalogue.versions(name).length > 0;
  if (!isServed && catalogue.history().some((facts) => facts.name === name))
    return proto.ModelReadyResponse.encode({ ready: false });
  const { state } = asked(body, catalogue, server);
  return proto.ModelReadyResponse.encode({ ready: server.status() === 'ready' && state === 'AVAILABLE' });
}

function modelMetadata(body: Uint8Array, catalogue: Catalogue, server: ServerFacts): Uint8Array {
  const { name, signature } = asked(body, catalogue, server);
  const tensors = (specs: typeof signature.inputs) =>
    specs.map((spec) => {
      const { shape, ...rest } = tensorMetadata(spec);
      return { ...rest, shape: BigInt64Array.from(shape, BigInt) };
    });
  return proto.ModelMetadataResponse.encode({
    name,
    versions: catalogue.versions(name).map(({ version }) => version),
    platform,
    inputs: tensors(signature.inputs),
    outputs: tensors(signature.outputs),
  });
}

/** The model of a request that has a name and a version: its fields have the same numbers in all of them. */
function asked(body: Uint8Array, catalogue: Catalogue, server: ServerFacts): ModelFacts {
  const { name, version } = proto.ModelMetadataRequest.decode(body);
  return target({ params: { name, version: version === '' ? undefined : version } }, catalogue, server);
}

function repositoryIndex(body: Uint8Array, catalogue: Catalogue): Uint8Array {
  const { ready } = proto.RepositoryIndexRequest.decode(body);
  return proto.RepositoryIndexResponse.encode({ models: indexRows(catalogue, ready) });
}

// Both requests have the same fields. Triton puts the name into model_name, KServe where Triton has repository_name.
function changedModel(body: Uint8Array): string {
  const { repositoryName, modelName, parameters } = proto.RepositoryModelLoadRequest.decode(body);
  refuseParameters(parameters.keys());
  return modelName || repositoryName;
}

function modelOf(body: Uint8Array): string {
  return proto.ModelInferRequest.decode(body).modelName;
}

// Triton's form: the stream goes on, and the id tells the client which request it was.
function encodeRefusal({ body }: GrpcMessage, errorMessage: string): Uint8Array {
  return proto.ModelStreamInferResponse.encode({ errorMessage, inferResponse: { id: idOf(body) } });
}

function idOf(body: Uint8Array): string {
  try {
    return proto.ModelInferRequest.decode(body).id;
  } catch {
    return '';
  }
}

/** Triton's mark of the last answer to a request of a stream; here each has one. */
const lastAnswer = new Map([['triton_final_response', { boolParam: true }]]);
