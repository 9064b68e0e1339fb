/** gRPC status names (grpc/status.h), used so that one fault looks the same over REST and gRPC. */
export type GrpcCode =
  | 'CANCELLED'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE';

/** CLI exit codes: 1 the model or its checks failed, 2 wrong usage or manifest, 3 environment lacking, 130 interrupted. */
export type ExitCode = 1 | 2 | 3 | 130;

/**
 * One kind of failure. `message` and `remedy` are templates: `{name}` stands for a parameter.
 * A row whose `http` is not 500 is written for clients: it must not hold a path, a stack or an environment value.
 * A row with `http: 500` is never shown to a client; the wire carries the `INTERNAL` row and the request id instead.
 */
export interface ErrorRow {
  readonly message: string;
  readonly remedy: string;
  readonly http: number;
  readonly grpc: GrpcCode;
  readonly exit: ExitCode;
}

type Placeholders<S extends string> = S extends `${string}{${infer P}}${infer Rest}`
  ? P | Placeholders<Rest>
  : never;

/** The parameters that a row's two templates ask for. */
export type RowParams<R extends ErrorRow> = {
  [K in Placeholders<R['message'] | R['remedy']>]: string | number;
};
