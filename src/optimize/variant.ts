import type { RecipeName } from '../manifest/defaults.ts';
import type { FirstDifference } from '../proof/first-difference.ts';
import type { OutputSummary } from '../proof/summary.ts';
import type { Gains } from './keep-if.ts';

/**
 * `kept`: meets every condition. `dropped`: answers alike, but wins too little. `wrong`: answers otherwise. `refused`: the
 * runtime does not take it, or its inputs and outputs are others. `skipped`: it could not be made of this model.
 */
export type Verdict = 'kept' | 'dropped' | 'wrong' | 'refused' | 'skipped';

export interface Measured extends Gains {
  readonly bytes: number;
  readonly load_ms: number;
  /** What `faster_by` is not below, as far as this many rounds tell. */
  readonly faster_at_least: number | null;
  /** Median of one run, in the race against the original. */
  readonly latency_ms: number | null;
  /** Median of the original in the same race. */
  readonly original_ms: number | null;
  readonly rounds: number;
  /** The lowest of all outputs. */
  readonly cosine: number | null;
  readonly outputs: readonly OutputSummary[];
}

export interface Variant {
  readonly name: RecipeName;
  readonly what: string;
  readonly verdict: Verdict;
  /** Why it is not kept; empty when it is. */
  readonly reasons: readonly string[];
  /** File name in the folder that was made, of those kept. */
  readonly file?: string;
  readonly sha256?: string;
  readonly measured?: Measured;
  /** What its maker tells: true sparsity, channels removed. */
  readonly facts: Readonly<Record<string, number>>;
  /** Of a wrong one: the first node beyond `max_error`. */
  readonly first_difference?: FirstDifference;
}
