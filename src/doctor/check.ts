import type { Environment } from '../core/docker/config.ts';

export type Verdict = 'ok' | 'warning' | 'error';

/** What a check of this machine found. `remedy` is the next step; empty when there is none to take. */
export interface Diagnosis {
  readonly verdict: Verdict;
  readonly finding: string;
  readonly remedy: string;
}

/** What a check may look at; tests put other machines in its place. */
export interface Machine {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly arch: NodeJS.Architecture;
  readonly nodeVersion: string;
  /** Where `/proc` and `/sys` are looked up. */
  readonly root: string;
  readonly temporaryFolder: string;
  readonly signal?: AbortSignal;
}

/**
 * One question about this machine. The smallest complete check:
 *
 *     export const arch: DoctorCheck = {
 *       name: 'arch',
 *       run: async ({ arch }) => ok(arch),
 *     };
 *
 * A thrown MdeployError counts as an error with its remedy, or as a warning where only some verbs suffer (`optional`).
 */
export interface DoctorCheck {
  readonly name: string;
  readonly optional?: boolean;
  run(machine: Machine): Promise<Diagnosis>;
}

export function ok(finding: string): Diagnosis {
  return { verdict: 'ok', finding, remedy: '' };
}
