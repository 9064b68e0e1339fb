import { failure, type MdeployError } from '../core/errors/error.ts';

/** Makes (does not throw) the error of a file that is not what its format promises. */
export function malformed(
  format: string,
  file: string,
  reason: string,
  place: { line?: number; column?: number; cause?: unknown } = {},
): MdeployError {
  const { cause, ...position } = place;
  const hint =
    file === 'the inline input'
      ? 'Correct it; in most shells JSON stands between single quotes.'
      : 'Check the file, or name its format with --format.';
  return failure(
    'INPUT_FILE_MALFORMED',
    { file, format, reason, hint },
    { at: { file, ...position }, cause },
  );
}
