import type { MdeployError } from '../core/errors/error.ts';
import type { Signature, Tensor } from '../core/tensor.ts';

/** One loaded graph. Runs may overlap in time; an implementation orders them as its engine needs. */
export interface Session {
  readonly signature: Signature;
  /** `inline` runs on the event loop, `worker` off it; chosen at load by measuring. */
  readonly placement: 'inline' | 'worker';
  /** Why it can run no more (its thread has ended); undefined while it can. */
  readonly dead?: MdeployError | undefined;
  /**
   * Inputs are proven against the signature by the caller (the runtime silently ignores unknown names).
   * @param outputs names of the outputs wanted, in the order to return them
   * @throws MdeployError `RUN_REFUSED` when a kernel refuses the inputs, `ENGINE_FAULT`
   */
  run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<Tensor[]>;
  /** Waits for runs in progress, then frees the graph. */
  close(): Promise<void>;
}
