import type { Tensor } from './tensor.ts';

/** One inference, free of any wire shape. Protocols make it; the road carries it. */
export interface InferRequest {
  readonly model: string;
  /** Version directory or manifest version as text; absent: the version the policy serves. */
  readonly version?: string;
  readonly label?: string;
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted, in order; absent or empty: all. */
  readonly outputs?: readonly string[];
  /** Free values a protocol carries along (Open Inference `parameters`). */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
}

export interface InferResponse {
  readonly model: string;
  readonly version: string;
  readonly outputs: readonly Tensor[];
}
