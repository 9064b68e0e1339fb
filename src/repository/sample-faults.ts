import { failure, type MdeployError } from '../core/errors/error.ts';

/** A sample that does not fit the signature. `field` is a path in the document, such as `X.data[3]`. */
export function misfit(file: string, field: string, expected: string, received: string): MdeployError {
  return failure(
    'SAMPLE_MISFIT',
    { file, field, expected, received },
    { at: { file, path: field }, field, expected, received },
  );
}
