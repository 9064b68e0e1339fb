/** One difference between the contracts of two models, as clients of the first would meet it. */
export interface Change {
  /** What it is about: `input "image"`, `protocols`, `name`. */
  readonly subject: string;
  /** What happened, in a word or two: `removed`, `datatype`, `narrower`. */
  readonly change: string;
  /** Whether a client that works with the first model can fail, or get something else, with the second. */
  readonly breaking: boolean;
  readonly before: string | null;
  readonly after: string | null;
  /** Why it is, or is not, breaking. */
  readonly why: string;
}
