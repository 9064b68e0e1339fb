import type { Format } from './format.ts';

/** How one family of formats is converted: data, so that it can be listed and documented. */
export interface Converter {
  readonly formats: readonly Format[];
  /** File of templates/convert/, which runs in the environment. */
  readonly program: string;
  /** Lock of templates/convert/locks/, without its ending. */
  readonly environment: string;
  /** Name for people and for `model.framework`. */
  readonly framework: string;
  /** Whether Python classes and functions that the file names are imported when it is loaded. */
  readonly isPickle: boolean;
}
