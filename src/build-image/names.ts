import { failure } from '../core/errors/error.ts';
import { grammars, parseImageReference } from '../core/names.ts';

/**
 * The full names an image will get. Without any `--tag` it is REPOSITORY:VERSION; a tag alone (`--tag latest`)
 * goes behind that repository; a name without a tag gets the version.
 * @throws MdeployError `IMAGE_NAME_INVALID`
 */
export function imageNames(
  model: { readonly name: string; readonly version: string },
  repository: string | undefined,
  tags: readonly string[],
): string[] {
  const home = repository ?? model.name.toLowerCase();
  const wanted = tags.length === 0 ? [`${home}:${model.version}`] : tags.map((tag) => complete(tag, home));
  const names = wanted.map((name) => {
    const parsed = parseImageReference(name);
    if (!parsed) throw invalid(name, 'it does not fit the grammar of image names');
    if (parsed.digest !== undefined) throw invalid(name, 'a digest cannot be chosen');
    return `${parsed.repository}:${parsed.tag ?? model.version}`;
  });
  return [...new Set(names)];
}

function complete(tag: string, home: string): string {
  if (!/[/:@]/.test(tag) && grammars.imageTag.test(tag)) return `${home}:${tag}`;
  return tag;
}

function invalid(name: string, reason: string) {
  return failure('IMAGE_NAME_INVALID', { name, reason });
}
