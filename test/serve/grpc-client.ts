import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { oracle } from './protobuf/oracle.ts';

/** Messages as JSON values: camel case, 64-bit integers as texts, bytes as buffers. */
type Json = Record<string, unknown>;

export interface CallOptions {
  readonly deadlineMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A client made of our .proto files by other people's code. */
export class GrpcClient {
  readonly raw: Client;

  constructor(address: string, options: object = {}) {
    this.raw = new Client(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.enable_retries': 0,
      ...options,
    });
  }

  /** @param method `inference.GRPCInferenceService/ModelInfer` */
  call(method: string, request: object, options: CallOptions = {}): Promise<Json> {
    const { path, encode, decode } = codecOf(method);
    return new Promise((resolve, reject) => {
      this.raw.makeUnaryRequest(
        path,
        encode,
        decode,
        request,
        metadataOf(options),
        callOptions(options),
        (error, reply) => (error ? reject(error) : resolve(reply as Json)),
      );
    });
  }

  /** The error that a call ends with. */
  async refusal(method: string, request: object, options: CallOptions = {}): Promise<ServiceError> {
    const reply = await this.call(method, request, options).catch((error: ServiceError) => error);
    if (reply instanceof Error) return reply as ServiceError;
    throw new Error(`${method} was answered: ${JSON.stringify(reply).slice(0, 200)}`);
  }

  watch(method: string, request: object): ClientReadableStream<Json> {
    const { path, encode, decode } = codecOf(method);
    return this.raw.makeServerStreamRequest(path, encode, decode, request) as ClientReadableStream<Json>;
  }

  converse(method: string, options: CallOptions = {}): ClientDuplexStream<object, Json> {
    const { path, encode, decode } = codecOf(method);
    return this.raw.makeBidiStreamRequest(
      path,
      encode,
      decode,
      metadataOf(options),
      callOptions(options),
    ) as ClientDuplexStream<object, Json>;
  }

  /** Sends bytes as they are. */
  bytes(path: string, body: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const same = (value: Buffer) => value;
      this.raw.makeUnaryRequest(path, same, same, Buffer.from(body), (error, reply) =>
        error ? reject(error) : resolve(reply!),
      );
    });
  }

  close(): void {
    this.raw.close();
  }
}

function codecOf(method: string) {
  const [service = '', name = ''] = method.split('/');
  const found = oracle.lookupService(service).methods[name]!;
  const request = found.resolvedRequestType!;
  const response = found.resolvedResponseType!;
  return {
    path: `/${method}`,
    encode: (value: object) => Buffer.from(request.encode(request.fromObject(value)).finish()),
    decode: (bytes: Buffer) => response.toObject(response.decode(bytes), { longs: String }) as Json,
  };
}

function metadataOf({ metadata = {} }: CallOptions): Metadata {
  const made = new Metadata();
  for (const [name, value] of Object.entries(metadata)) made.set(name, value);
  return made;
}

function callOptions({ deadlineMs }: CallOptions) {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}
