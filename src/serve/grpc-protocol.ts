import type { MdeployError } from '../core/errors/error.ts';
import type { InferRequest, InferResponse } from '../core/inference.ts';
import type { Changes } from './changes.ts';
import type { Catalogue, ServerFacts } from './protocol.ts';

/** One request message, within its limit. */
export interface GrpcMessage {
  readonly body: Uint8Array;
  /** Limit of a message, bytes; what a message expands to must stay below it, too. */
  readonly maxBytes: number;
}

export interface GrpcDecoded {
  readonly request: InferRequest;
  encode(response: InferResponse): Uint8Array;
}

interface Named {
  /** As in the .proto file: `ModelInfer`. */
  readonly name: string;
  /** Name used in metrics and logs. */
  readonly api: string;
}

export type GrpcMethod =
  | (Named & {
      readonly kind: 'infer';
      decode(message: GrpcMessage, catalogue: Catalogue): GrpcDecoded;
      /** The model that is asked for, for a server that has not loaded it yet; '' when the request names none. */
      modelOf(body: Uint8Array): string;
      /** Its one answer is sent as a stream. */
      readonly isServerStream?: boolean;
      /** Makes the method a stream in both directions, where a refusal is a message and the stream goes on. */
      encodeRefusal?(message: GrpcMessage, text: string): Uint8Array;
    })
  | (Named & {
      readonly kind: 'info';
      /** Many messages, each with its answer. */
      readonly isStream?: boolean;
      /** It tells what was counted, so `server.metrics` are those of the whole server, not of one process. */
      readonly isCounted?: boolean;
      answer(body: Uint8Array, catalogue: Catalogue, server: ServerFacts): Uint8Array;
      /** What it does in place of `answer`, which refuses, where clients may change what is served. */
      change?(body: Uint8Array, changes: Changes, catalogue: Catalogue): Promise<Uint8Array>;
    })
  | (Named & {
      readonly kind: 'watch';
      /** What there is to tell now; sent at once and whenever it has changed. */
      look(body: Uint8Array, server: ServerFacts): Uint8Array;
    });

export interface GrpcService {
  /** With its package: `inference.GRPCInferenceService`. */
  readonly name: string;
  readonly methods: readonly GrpcMethod[];
}

/** One dialect of the gRPC door: messages ↔ InferRequest/InferResponse, and the text of an error. It owns no rule of its own. */
export interface GrpcProtocol {
  readonly name: string;
  readonly services: readonly GrpcService[];
  /** The status message; the status code is the error's own. */
  textOf(error: MdeployError): string;
}
