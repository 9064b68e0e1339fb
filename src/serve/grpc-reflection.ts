import { DescribedFile } from './described-file.ts';
import type { GrpcMethod, GrpcProtocol } from './grpc-protocol.ts';
import { descriptors } from './proto/descriptors.gen.ts';
import * as v1 from './proto/reflection-v1.gen.ts';
import * as v1alpha from './proto/reflection-v1alpha.gen.ts';
import type { Init, Message } from './protobuf/message.ts';

type Answer = Init<v1.ServerReflectionResponse>;

/**
 * `grpc.reflection.v1.ServerReflection` and its v1alpha twin, for tools like grpcurl that bring no .proto files.
 * @param names services that are served
 */
export function reflectionService(names: readonly string[]): GrpcProtocol {
  const services = [...names, ...versions.map(([version]) => serviceOf(version))];
  const files = Object.entries(descriptors).map(([name, text]) => new DescribedFile(name, text));
  return {
    name: 'reflection',
    services: versions.map(([version, request, response]) => {
      const info: GrpcMethod = {
        kind: 'info',
        name: 'ServerReflectionInfo',
        api: 'reflection',
        isStream: true,
        answer: (body) => {
          const asked = request.decode(body);
          return response.encode({
            validHost: asked.host,
            originalRequest: asked,
            ...answer(asked, services, files),
          });
        },
      };
      return { name: serviceOf(version), methods: [info] };
    }),
    textOf: (error) => `${error.message} ${error.remedy}`,
  };
}

function answer(
  asked: v1.ServerReflectionRequest,
  services: readonly string[],
  files: readonly DescribedFile[],
): Answer {
  if (asked.listServices !== undefined)
    return { listServicesResponse: { service: services.map((name) => ({ name })) } };
  if (asked.fileByFilename !== undefined)
    return found(
      files.find(({ name }) => name === asked.fileByFilename),
      files,
      asked.fileByFilename,
    );
  if (asked.fileContainingSymbol !== undefined) {
    const symbol = asked.fileContainingSymbol;
    return found(
      files.find((file) => file.defines(symbol)),
      files,
      symbol,
    );
  }
  return notFound('extensions, of which there are none');
}

/** The file and all that it imports, so that a client need not ask again. */
function found(file: DescribedFile | undefined, files: readonly DescribedFile[], asked: string): Answer {
  if (!file) return notFound(asked);
  const wanted = new Set([file]);
  for (const each of wanted) {
    for (const name of each.imports) {
      const imported = files.find((other) => other.name === name);
      if (imported) wanted.add(imported);
    }
  }
  return { fileDescriptorResponse: { fileDescriptorProto: [...wanted].map(({ bytes }) => bytes) } };
}

function notFound(what: string): Answer {
  return { errorResponse: { errorCode: NOT_FOUND, errorMessage: `This server knows no ${what}.` } };
}

function serviceOf(version: string): string {
  return `grpc.reflection.${version}.ServerReflection`;
}

const NOT_FOUND = 5;
const versions: readonly [
  version: string,
  Message<v1.ServerReflectionRequest>,
  Message<v1.ServerReflectionResponse>,
][] = [
  ['v1', v1.ServerReflectionRequest, v1.ServerReflectionResponse],
  ['v1alpha', v1alpha.ServerReflectionRequest, v1alpha.ServerReflectionResponse],
];
