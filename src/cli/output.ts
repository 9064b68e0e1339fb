import type { MdeployError } from '../core/errors/error.ts';

/** Where a verb speaks: results go to stdout (one JSON document with `--json`), progress and notes to stderr. */
export interface Output {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  /** The verb's result. With `--json` only `document` is printed (with `schema_version`), else `text`. */
  result(document: Readonly<Record<string, unknown>>, text: string): void;
  /** A line on stderr; silent with `--quiet`. */
  note(text: string): void;
  warn(text: string): void;
  /** Runs `work` under a spinner (stderr, terminal only); `update` changes its text. */
  step<T>(text: string, work: (update: (text: string) => void) => Promise<T>): Promise<T>;
  error(error: MdeployError): void;
}
