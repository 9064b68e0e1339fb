import type { RecipeName } from '../manifest/defaults.ts';

/** One way to make a model smaller or faster: data, so that it can be listed and documented. */
export interface Recipe {
  readonly name: RecipeName;
  /** In words, for the report. */
  readonly what: string;
  /** `runtime`: our own, in a throw-away process. `python`: templates/optimize/, in a locked environment. */
  /** Whether it computes the same numbers in another way: no input can make it wrong. */
  readonly isExact: boolean;
  readonly maker: 'runtime' | 'python';
}
