import type { ErrorCode } from '../core/errors/catalogue.ts';
import type { ErrorLocation } from '../core/errors/error.ts';
import type { Products, Workbench } from './workbench.ts';

export type Severity = 'error' | 'warning' | 'note';

/** One thing a check found. An error has a catalogue row; warnings and notes are words only. */
export interface Finding {
  readonly severity: Severity;
  readonly message: string;
  /** The next step; empty for a note that asks for none. */
  readonly remedy: string;
  readonly code?: ErrorCode;
  readonly at?: ErrorLocation;
  readonly expected?: string;
  readonly received?: string;
}

/** What a check came to when nothing was thrown. `detail` is a few words for the table. */
export interface Outcome {
  readonly findings: readonly Finding[];
  readonly detail?: string;
}

/**
 * One question about a model. The smallest complete check:
 *
 *     export const name: Check = {
 *       name: 'name',
 *       summary: 'the model has a name',
 *       needs: ['manifest'],
 *       run: async (bench) => ({ findings: [], detail: bench.get('draft').name }),
 *     };
 *
 * A thrown MdeployError counts as an error finding.
 */
export interface Check {
  readonly name: string;
  readonly summary: string;
  /** Checks that must have passed before this one makes sense. */
  readonly needs: readonly string[];
  /** Products that it cannot do without, each with the check that makes it; such a check may have failed otherwise. */
  readonly takes?: Partial<Readonly<Record<keyof Products, string>>>;
  /** A reason not to ask at all (`not a package`). */
  skip?(bench: Workbench): string | undefined;
  run(bench: Workbench): Promise<Outcome>;
}
