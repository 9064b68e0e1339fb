import type { Tensor } from '../core/tensor.ts';

/** One dialect of a model server, as its client speaks it. */
export interface Wire {
  readonly summary: string;
  /** Requests are messages of gRPC; absent: they are bodies of HTTP. */
  readonly isGrpc?: true;
  /** Path of a prediction. `model` undefined: the server's only one, where the dialect has a path for that. */
  path(model: string | undefined): string | undefined;
  /** The request for these tensors; gRPC has the model's name in it. */
  body(inputs: readonly Tensor[], model?: string): WireBody;
  /**
   * The values of an answer by output name, flat or nested; the only output of an answer without names is `''`.
   * @throws SyntaxError, RangeError when the answer is not of this dialect
   */
  read(answer: WireAnswer): ReadonlyMap<string, unknown>;
}

export interface WireBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

export interface WireAnswer {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}
