import { failure, type MdeployError } from './errors/error.ts';
import { nearest } from './suggest.ts';

/**
 * `INPUT_UNKNOWN`, with the name that was probably meant.
 * @param inputs of the model
 * @param others words that would have been right in this place, too
 */
export function unknownInput(
  name: string,
  inputs: readonly { readonly name: string }[],
  { field = name, others = [] }: { readonly field?: string; readonly others?: readonly string[] } = {},
): MdeployError {
  const names = inputs.map((input) => input.name);
  const meant = nearest(name, [...names, ...others]);
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  const details = { field, ...(meant !== undefined && { expected: meant }) };
  return failure('INPUT_UNKNOWN', { name, hint, inputs: names.join(', ') }, details);
}
