import { hasRegistry, registryOf } from '../core/docker/credentials.ts';
import { failure } from '../core/errors/error.ts';
import { grammars, parseImageReference } from '../core/names.ts';
import type { Target } from './publisher.ts';

/**
 * Where an image goes: `--to` or the repository in its own name; `--tag`s, else the tag of `--to`, else its own.
 * A name without a registry is refused: Docker would take it to mean Docker Hub, open to everybody.
 * @throws MdeployError `IMAGE_NAME_INVALID`, `PUSH_NO_REGISTRY`
 */
export function pushTargets(image: string, to: string | undefined, tags: readonly string[]): Target[] {
  const source = parse(image);
  const wanted = to === undefined ? source : parse(to);
  if (to !== undefined && wanted.digest !== undefined) throw invalid(to, 'a digest cannot be chosen');
  const { repository } = wanted;
  if (!hasRegistry(repository)) {
    // What the user would type next: the same image, the same path, behind a registry.
    throw failure('PUSH_NO_REGISTRY', { image, path: repository });
  }
  const own = wanted.tag ?? source.tag;
  if (own === undefined && tags.length === 0 && source.digest !== undefined)
    throw invalid(image, 'it has no tag; give one with --tag');
  const chosen = tags.length > 0 ? tags : [own ?? 'latest'];
  return [...new Set(chosen)].map((tag) => {
    if (!grammars.imageTag.test(tag))
      throw invalid(tag, 'as a tag, it may have letters, digits and . _ - only');
    return { registry: registryOf(repository), repository, tag };
  });
}

function parse(name: string) {
  const parsed = parseImageReference(name);
  if (parsed) return parsed;
  const lower = name.toLowerCase();
  const hint = lower !== name && parseImageReference(lower) ? `; write it in lower case: ${lower}` : '';
  throw invalid(name, `it does not fit the grammar of image names${hint}`);
}

function invalid(name: string, reason: string) {
  return failure('IMAGE_NAME_INVALID', { name, reason });
}
