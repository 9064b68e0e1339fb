import type { RecipeName } from '../manifest/defaults.ts';

/** What became of one recipe. */
export interface Made {
  readonly name: RecipeName;
  /** The file, when there is one. */
  readonly path?: string;
  readonly facts: Readonly<Record<string, number>>;
  /** Why this model cannot be changed so. */
  readonly skipped?: string;
  /** Why it should have worked and did not. */
  readonly failed?: string;
}
