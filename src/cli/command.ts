import type { Command as Program } from 'commander';
import type { Output } from './output.ts';

/** One verb: its flags and one call into its folder. */
export interface CliCommand {
  readonly summary: string;
  /** Adds arguments, options and examples to the verb's own commander program. */
  configure(program: Program): void;
  /** @returns the exit code; throws MdeployError for everything that has a catalogue row */
  run(args: readonly string[], options: Readonly<Record<string, unknown>>, output: Output): Promise<number>;
}
