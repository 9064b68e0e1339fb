import { failure, type MdeployError } from '../core/errors/error.ts';

/** Makes (does not throw) the error of a file that is not what its format promises. */
export function malformed(
  format: string,
  file: string,
  reason: string,
  place: { line?: number; column?: number; cause?: unknown } = {},
): MdeployError {
  const { cause, ...position } = place;
  return failure('INPUT_FILE_MALFORMED', { file, format, reason }, { at: { file, ...position }, cause });
}
