import { type Changes, refuseChange } from '../changes.ts';
import type { GrpcMethod, GrpcService } from '../grpc-protocol.ts';
import * as proto from '../proto/torchserve-management.gen.ts';
import type { Message } from '../protobuf/message.ts';
import type { Catalogue, ServerFacts } from '../protocol.ts';
import { scaleWorkers, setDefault, type Target, unregister } from './torchserve-changes.ts';
import type { Fields } from './torchserve-fields.ts';
import { describeModels, listModels, pageText } from './torchserve-models.ts';
import { type Done, registerModel } from './torchserve-register.ts';

/** TorchServe's management API over gRPC: what is told is JSON, what was done a sentence. */
export const torchserveManagement: GrpcService = {
  name: 'org.pytorch.serve.grpc.management.ManagementAPIsService',
  methods: [
    tell('DescribeModel', proto.DescribeModelRequest, (fields, catalogue, server) =>
      pageText(describeModels(catalogue, targetOf(fields), fields, server)),
    ),
    tell('ListModels', proto.ListModelsRequest, (fields, catalogue) =>
      pageText(listModels(catalogue, fields)),
    ),
    tell('ScaleWorker', proto.ScaleWorkerRequest, (fields, catalogue) => {
      const { model_name: _name, model_version: _version, ...rest } = Object.fromEntries(fields);
      return scaleWorkers(targetOf(fields), new Map(Object.entries(rest)), catalogue).text;
    }),
    make('RegisterModel', 'Registering a model', proto.RegisterModelRequest, registerModel),
    make(
      'SetDefault',
      'Choosing the default version',
      proto.SetDefaultRequest,
      (fields, changes, catalogue) => setDefault(targetOf(fields), changes, catalogue),
    ),
    make(
      'UnregisterModel',
      'Unregistering a model',
      proto.UnregisterModelRequest,
      (fields, changes, catalogue) => unregister(targetOf(fields), changes, catalogue),
    ),
  ],
};

function tell<T extends object>(
  name: string,
  request: Message<T>,
  answer: (fields: Fields, catalogue: Catalogue, server: ServerFacts) => string,
): GrpcMethod {
  return {
    kind: 'info',
    name,
    api: 'models',
    answer: (body, ...facts) => reply(answer(fieldsOf(request.decode(body)), ...facts)),
  };
}

function make<T extends object>(
  name: string,
  feature: string,
  request: Message<T>,
  change: (fields: Fields, changes: Changes, catalogue: Catalogue) => Done | Promise<Done>,
): GrpcMethod {
  return {
    kind: 'info',
    name,
    api: 'models',
    answer: () => refuseChange(feature),
    change: async (body, ...facts) => reply((await change(fieldsOf(request.decode(body)), ...facts)).text),
  };
}

function reply(msg: string): Uint8Array {
  return proto.ManagementResponse.encode({ msg });
}

// Zero, false and an empty text are what protobuf has for what was not said.
function fieldsOf(message: object): Fields {
  const said = Object.entries(message).filter(([, value]) => Boolean(value));
  return new Map(said.map(([name, value]) => [snake(name), String(value)]));
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function targetOf(fields: Fields): Target {
  return { name: fields.get('model_name') ?? '', version: fields.get('model_version') };
}
