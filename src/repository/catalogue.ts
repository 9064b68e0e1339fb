import type { Signature } from '../core/tensor.ts';

/** What the outside may know of one version: facts, never the model itself. */
export interface ModelFacts {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly state: 'LOADING' | 'AVAILABLE' | 'UNLOADING' | 'END';
  /** Why it is not served; only with the state `END`. */
  readonly reason?: string;
  /** The user's side of the road: preprocess and postprocess are accounted for. */
  readonly signature: Signature;
  /** How many rows run together, and how long the next waits for others, milliseconds; absent: each request runs alone. */
  readonly batching?: { readonly maxRows: number; readonly maxDelayMs: number };
  /** Class names per output. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** Names of the features along the last axis, per input; absent: none are known. */
  readonly columns?: ReadonlyMap<string, readonly string[]>;
}

/** The desk's list of what is served. */
export interface Catalogue {
  /** All versions of all models that are served. */
  list(): readonly ModelFacts[];
  /** Those and the ones that are being loaded or unloaded, or are not served any more. */
  history(): readonly ModelFacts[];
  /** The served versions of one model, newest first; empty when unknown. */
  versions(name: string): readonly ModelFacts[];
  /** The version a request would reach. @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `LABEL_NOT_FOUND` */
  find(name: string, version?: string, label?: string): ModelFacts;
  /** The model that routes without a name (`/predict`, `/invocations`) mean: the only one. @throws `MODEL_AMBIGUOUS` */
  only(): ModelFacts;
}
