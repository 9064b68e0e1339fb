import { failure } from '../../core/errors/error.ts';
import type { Catalogue, ModelFacts } from '../protocol.ts';
import { worded } from './tfs-errors.ts';
import { canonical, numbered } from './tfs-versions.ts';

/**
 * `GetModelStatusResponse` as TF Serving prints it: proto names, every field, int64 as strings, one space of indent.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`
 */
export function modelStatusJson(catalogue: Catalogue, name: string, version: string | undefined): string {
  const rows = modelStatus(catalogue, name, version);
  return `${JSON.stringify({ model_version_status: rows.map(statusOf) }, null, 1)}\n`;
}

/** Every version by its number, or the one asked for. @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND` */
export function modelStatus(
  catalogue: Catalogue,
  name: string,
  version: string | undefined,
): readonly (readonly [number: string, ModelFacts])[] {
  const byNumber = numbered(catalogue, name);
  if (byNumber.size === 0 && version === undefined) {
    const models = [...new Set(catalogue.list().map((facts) => facts.name))].join(', ') || 'none';
    throw worded(
      failure('MODEL_NOT_FOUND', { name, models }),
      `Could not find any versions of model ${name}`,
    );
  }
  return version === undefined ? [...byNumber] : [one(catalogue, name, version, byNumber)];
}

function one(
  catalogue: Catalogue,
  name: string,
  version: string,
  byNumber: ReadonlyMap<string, ModelFacts>,
): [string, ModelFacts] {
  const exact = catalogue.versions(name).find((facts) => facts.version === version);
  const number = exact ? version : canonical(version);
  const facts = exact ?? byNumber.get(number);
  if (facts) return [/^\d+$/.test(number) ? number : (/^\d+/.exec(number)?.[0] ?? number), facts];
  const versions = [...byNumber.keys()].join(', ') || 'none';
  throw worded(
    failure('VERSION_NOT_FOUND', { name, version, versions }),
    `Could not find version ${version} of model ${name}`,
  );
}

function statusOf([version, { state }]: readonly [string, ModelFacts]): object {
  return { version, state, status: { error_code: 'OK', error_message: '' } };
}
