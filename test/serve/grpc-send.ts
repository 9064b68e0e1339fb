import { MdeployError } from '../../src/core/errors/error.ts';
import type { GrpcDecoded, GrpcMethod, GrpcProtocol } from '../../src/serve/grpc-protocol.ts';
import type { Catalogue, ServerFacts } from '../../src/serve/protocol.ts';
import { catalogueOf, modelFacts, serverFacts } from './catalogue.ts';
import { oracle } from './protobuf/oracle.ts';

/** Messages as JSON values: camel case, 64-bit integers as texts, bytes as buffers. */
export type Json = Record<string, unknown>;

export interface GrpcSent {
  /** What an inference method read. */
  readonly decoded?: GrpcDecoded;
  /** What everything else answered. */
  readonly reply?: Json;
  readonly error?: MdeployError;
  /** The status message of the error. */
  readonly text?: string;
}

export interface GrpcAsked {
  readonly catalogue?: Catalogue;
  readonly server?: ServerFacts;
  readonly maxBytes?: number;
}

/** Calls methods the way the door does, with messages made by other people's code, up to the tensors or the reply. */
export function grpcSender(protocol: GrpcProtocol) {
  return (path: string, request: object | Uint8Array, asked: GrpcAsked = {}): GrpcSent => {
    const { catalogue = catalogueOf(modelFacts()), server = serverFacts(), maxBytes = 2 ** 24 } = asked;
    const method = methodOf(protocol, path);
    const body = request instanceof Uint8Array ? request : encodeRequest(path, request);
    try {
      if (method.kind === 'infer') return { decoded: method.decode({ body, maxBytes }, catalogue) };
      const bytes =
        method.kind === 'info' ? method.answer(body, catalogue, server) : method.look(body, server);
      return { reply: decodeReply(path, bytes) };
    } catch (error) {
      if (!(error instanceof MdeployError)) throw error;
      return { error, text: protocol.textOf(error) };
    }
  };
}

export function methodOf({ services }: GrpcProtocol, path: string): GrpcMethod {
  const [service, name] = path.split('/');
  const method = services.find((one) => one.name === service)?.methods.find((one) => one.name === name);
  if (!method) throw new Error(`there is no ${path}`);
  return method;
}

export function encodeRequest(path: string, value: object): Buffer {
  const type = typesOf(path).request;
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}

/** @param defaults give fields that are not on the wire their default, too */
export function decodeReply(path: string, bytes: Uint8Array, defaults = false): Json {
  const type = typesOf(path).response;
  return type.toObject(type.decode(bytes), { longs: String, defaults }) as Json;
}

function typesOf(path: string) {
  const [service = '', name = ''] = path.split('/');
  const found = oracle.lookupService(service).methods[name]!;
  return { request: found.resolvedRequestType!, response: found.resolvedResponseType! };
}
