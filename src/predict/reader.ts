import type { Tensor } from '../core/tensor.ts';

/** What was read, as near to the file as a request can carry it. */
export type Input =
  /** JSON goes to the model as it was written: numbers keep all their digits. */
  | { readonly kind: 'document'; readonly text: string }
  /** A tensor without a name in its file is called `''`: it is the model's only input. */
  | { readonly kind: 'tensors'; readonly tensors: readonly Tensor[] }
  | {
      readonly kind: 'rows';
      /** What the first line says, where it may be a header; `header` is the same as a row. */
      readonly columns: readonly string[] | undefined;
      readonly header?: Row;
      readonly rows: readonly Row[];
    }
  | { readonly kind: 'file'; readonly bytes: Uint8Array };

/** Cells as JSON writes them: numbers as their text, everything else quoted. */
export type Row = readonly string[];

/** One file format: bytes → input. Pure: it opens nothing. */
export interface Reader {
  readonly summary: string;
  /** Endings of file names, with the dot. */
  readonly endings: readonly string[];
  /** @throws MdeployError `INPUT_FILE_MALFORMED` */
  read(bytes: Uint8Array, file: string): Input;
}
