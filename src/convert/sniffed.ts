import type { Format } from './format.ts';
import type { PickleGlobal } from './pickle/value.ts';

/** What one of the sniffers found. */
export interface Sniffed {
  readonly format: Format;
  /** More than the format's own words, such as `a pickled scikit-learn model (Pipeline)`. */
  readonly what?: string;
  /** The file or folder that holds the model itself, where it is not the one that was named. */
  readonly path?: string;
  /** Everything that loading it in Python would import. */
  readonly globals?: readonly PickleGlobal[];
  /** Why the pickle in it could not be followed to its end. */
  readonly broken?: string;
  /** Version of the framework that wrote it, where the file says so. */
  readonly madeBy?: string;
}
