import type { Signature, Tensor } from '../core/tensor.ts';

/**
 * A step before or after the model, compiled once at load. A step is given the signature behind it and tells the
 * signature in front of it, so that clients, metadata and OpenAPI see the user's side of the road.
 */
export interface CompiledTransform {
  /** The signature with this step in place: `preprocess` rewrites `inputs`, `postprocess` rewrites `outputs`. */
  readonly signature: Signature;
  /**
   * The size of what this step gives depends on the content of each element (pictures of any size): the steps of
   * its stage then run once per row of this tensor, and the rows are joined behind the last step.
   */
  readonly rowsOf?: string;
  apply(tensors: readonly Tensor[]): readonly Tensor[] | Promise<readonly Tensor[]>;
}

export interface TransformContext {
  /** `pre`: `signature` is what the next step (or model) takes. `post`: `signature` is what the previous step (or model) gives. */
  readonly stage: 'pre' | 'post';
  readonly signature: Signature;
  /** Class names per output, where the manifest has them. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** Key path of the step in the manifest, for errors: `preprocess[1]`. */
  readonly at: string;
}

export interface Transform {
  readonly summary: string;
  /** npm packages that must be beside the server for this step. */
  readonly packages?: readonly string[];
  /** @throws MdeployError `TRANSFORM_OPTIONS`, `TRANSFORM_MISFIT` or `TRANSFORM_LIBRARY` */
  compile(options: unknown, context: TransformContext): CompiledTransform | Promise<CompiledTransform>;
}
