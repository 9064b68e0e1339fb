import type { MdeployError } from '../core/errors/error.ts';
import type { InferRequest, InferResponse } from '../core/inference.ts';
import type { Catalogue, ModelFacts } from '../repository/catalogue.ts';
import type { House } from './house.ts';

export type { Catalogue, ModelFacts } from '../repository/catalogue.ts';

/** A request as the door hands it over: method and path are matched, the body is within its limit. */
export interface RawCall {
  readonly id: string;
  readonly method: string;
  /** Path as received, without the query. */
  readonly path: string;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** How the reply will look; made while decoding, used while encoding (`{"instances"}` in → `{"predictions"}` out). */
export interface Decoded {
  readonly request: InferRequest;
  encode(response: InferResponse): RawReply;
}

export type Route =
  | {
      readonly kind: 'infer';
      /** PUT is what `curl -T` sends. */
      readonly method: 'POST' | 'PUT';
      readonly path: string;
      /** Name used in metrics and logs. */
      readonly api: string;
      decode(call: RawCall, catalogue: Catalogue): Decoded;
      /** Fields of OpenAPI's operation object for one model; absent: not documented; undefined: not for this model. */
      describe?(facts: ModelFacts): OperationDoc | undefined;
    }
  | {
      readonly kind: 'info';
      readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';
      readonly path: string;
      readonly api: string;
      /** On a path that others have, too, it answers alone, wherever its protocol is listed. */
      readonly isFirst?: boolean;
      /** It tells what was counted, so `server.metrics` are those of the whole server, not of one process. */
      readonly isCounted?: boolean;
      answer(call: RawCall, catalogue: Catalogue, server: ServerFacts): RawReply | Promise<RawReply>;
      describe?(facts: ModelFacts): OperationDoc;
    };

/** What an info route may know of the server beside its models. */
export type ServerFacts = Pick<House, 'status' | 'metrics' | 'changes' | 'maxBodyBytes'>;

export interface OperationDoc {
  readonly summary: string;
  /** JSON Schema of the request body. */
  readonly request?: object;
  readonly response?: object;
  /** A body that can be sent as it is. */
  readonly example?: unknown;
}

/** One dialect: bytes ↔ InferRequest/InferResponse, and how an error looks. It owns no rule of its own. */
export interface Protocol {
  readonly name: string;
  /** Paths use find-my-way's syntax: `/v1/models/:name`. */
  readonly routes: readonly Route[];
  encodeError(error: MdeployError, call: Pick<RawCall, 'id' | 'method' | 'path'>): RawReply;
  /** Answers what none of the routes matched below this prefix (`/v1/`); absent: the door's own 404. */
  readonly owns?: string;
}
