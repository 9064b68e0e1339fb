import { failure } from '../../core/errors/error.ts';
import { newerFirst } from '../../repository/newer-first.ts';
import type { Catalogue, ModelFacts } from '../protocol.ts';
import { worded } from './tfs-errors.ts';
import { canonical, versionNumber } from './tfs-versions.ts';

/**
 * `GetModelStatusResponse` as TF Serving prints it: proto names, every field, int64 as strings, one space of indent.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`
 */
export function modelStatusJson(catalogue: Catalogue, name: string, version: string | undefined): string {
  const rows = modelStatus(catalogue, name, version);
  return `${JSON.stringify({ model_version_status: rows.map(statusOf) }, null, 1)}\n`;
}

/**
 * Every version that is, was or will be served, newest first and by its number, or the one asked for.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`
 */
export function modelStatus(
  catalogue: Catalogue,
  name: string,
  version: string | undefined,
): readonly (readonly [number: string, ModelFacts])[] {
  const known = catalogue.history().filter((facts) => facts.name === name);
  const byNumber = byNumberOf(known);
  if (byNumber.size === 0 && version === undefined) {
    const models = [...new Set(catalogue.list().map((facts) => facts.name))].join(', ') || 'none';
    throw worded(
      failure('MODEL_NOT_FOUND', { name, models }),
      `Could not find any versions of model ${name}`,
    );
  }
  return version === undefined ? [...byNumber] : [one(known, name, version, byNumber)];
}

// Where several have one number, the one that can be asked now has it, else the newest.
function byNumberOf(known: readonly ModelFacts[]): ReadonlyMap<string, ModelFacts> {
  const byNumber = new Map<string, ModelFacts>();
  for (const facts of known.toSorted((a, b) => newerFirst(a.version, b.version))) {
    const number = versionNumber(facts.version);
    const other = byNumber.get(number);
    if (!other || (other.state !== 'AVAILABLE' && facts.state === 'AVAILABLE')) byNumber.set(number, facts);
  }
  return byNumber;
}

function one(
  known: readonly ModelFacts[],
  name: string,
  version: string,
  byNumber: ReadonlyMap<string, ModelFacts>,
): [string, ModelFacts] {
  const exact = known.find((facts) => facts.version === version);
  const number = exact ? version : canonical(version);
  const facts = exact ?? byNumber.get(number);
  if (facts) return [/^\d+$/.test(number) ? number : (/^\d+/.exec(number)?.[0] ?? number), facts];
  const versions = [...byNumber.keys()].join(', ') || 'none';
  throw worded(
    failure('VERSION_NOT_FOUND', { name, version, versions }),
    `Could not find version ${version} of model ${name}`,
  );
}

function statusOf([version, facts]: readonly [string, ModelFacts]): object {
  const message = loadFault(facts);
  const status = { error_code: message === '' ? 'OK' : 'FAILED_PRECONDITION', error_message: message };
  return { version, state: facts.state, status };
}

/** Why a version could not be loaded; empty when it could. */
export function loadFault({ state, reason }: ModelFacts): string {
  return state === 'END' && reason !== undefined && reason !== 'unloaded' ? reason : '';
}
