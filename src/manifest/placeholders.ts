import { failure, type MdeployError } from '../core/errors/error.ts';
import { showPath, valueAt } from './path.ts';
import type { Locate } from './yaml.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The only settings in which `${VAR}` and `${VAR:-default}` are filled in. */
export const placeholderPaths: readonly (readonly string[])[] = [
  ['image', 'repository'],
  ['image', 'base'],
];

/**
 * Fills placeholders in from the environment; an empty variable counts as not set, as in a shell. A setting whose
 * variable is missing is reported and left out, so that it is not reported twice.
 */
export function fillPlaceholders(
  data: unknown,
  environment: Environment,
  locate: Locate,
  problems: MdeployError[],
): unknown {
  let filled = data;
  for (const path of placeholderPaths) {
    const written = valueAt(filled, path);
    if (typeof written !== 'string') continue;
    const missing: string[] = [];
    const value = written.replace(
      /\$\{([A-Za-z_]\w*)(?::-([^{}]*))?\}/g,
      (_, name: string, otherwise?: string) => {
        const found = Object.hasOwn(environment, name) ? environment[name] : undefined;
        if (found !== undefined && found !== '') return found;
        if (otherwise === undefined) missing.push(name);
        return otherwise ?? '';
      },
    );
    for (const variable of new Set(missing))
      problems.push(
        failure(
          'MANIFEST_PLACEHOLDER_UNSET',
          { variable, path: showPath(path) },
          { at: locate(path), received: written },
        ),
      );
    filled = replaceAt(filled, path, missing.length > 0 ? undefined : value);
  }
  return filled;
}

function replaceAt(data: unknown, path: readonly string[], value: string | undefined): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const { [key]: inner, ...others } = data as Record<string, unknown>;
  const replaced = replaceAt(inner, rest, value);
  return replaced === undefined ? others : { ...others, [key]: replaced };
}
