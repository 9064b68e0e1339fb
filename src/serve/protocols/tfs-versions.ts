import { failure } from '../../core/errors/error.ts';
import type { Catalogue, ModelFacts } from '../protocol.ts';

/**
 * The number TF Serving knows a version by (int64 there). An integer version is itself; of a semantic version it is
 * the major number, and of several with one major number the newest has it.
 */
export function versionNumber(version: string): string {
  return /^\d+/.exec(version)?.[0] ?? '0';
}

/** Versions that have a number, newest first: one per number. */
export function numbered(catalogue: Catalogue, name: string): ReadonlyMap<string, ModelFacts> {
  const byNumber = new Map<string, ModelFacts>();
  for (const facts of catalogue.versions(name)) {
    const number = versionNumber(facts.version);
    if (!byNumber.has(number)) byNumber.set(number, facts);
  }
  return byNumber;
}

/**
 * The version a URL means: by its whole text, else by its number.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`; `REQUEST_INVALID` when it fits no int64
 */
export function findVersion(catalogue: Catalogue, name: string, version: string): ModelFacts {
  const exact = catalogue.versions(name).find((facts) => facts.version === version);
  return catalogue.find(
    name,
    exact?.version ?? numbered(catalogue, name).get(canonical(version))?.version ?? version,
  );
}

/** Version 0 where there is none is how some clients (ovmsclient) say that they want none in particular. */
export function chosenVersion(
  catalogue: Catalogue,
  name: string,
  version: string | undefined,
): string | undefined {
  const isNone = version !== undefined && /^0+$/.test(version) && !numbered(catalogue, name).has('0');
  return isNone ? undefined : version;
}

/** An int64 without leading zeros. */
export function canonical(version: string): string {
  if (!/^\d+$/.test(version)) return version;
  const number = BigInt(version.slice(0, 40));
  if (version.length < 40 && number < 2n ** 63n) return String(number);
  const problem = `Failed to convert version: ${version} to numeric.`;
  throw failure('REQUEST_INVALID', { problem, fix: 'Send a version that is served.' }, { field: 'version' });
}
