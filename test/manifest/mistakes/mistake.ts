import type { ErrorCode } from '../../../src/core/errors/catalogue.ts';

/** One kind of mistake in a manifest and the answer it must get. */
export interface Mistake {
  readonly what: string;
  /** The manifest; `§` stands before the character that the error must point at and is taken out. */
  readonly text: string;
  readonly code: ErrorCode;
  readonly path?: string;
  /** Part of the remedy: the suggestion. */
  readonly hint: string;
  /** Part of what is said to be expected. */
  readonly expected?: string;
  readonly received?: string;
}

/** The least that is right; mistakes are added to it. */
export const ok = 'name: a\nmodel: {path: m.onnx}\n';
