import { failure } from '../../core/errors/error.ts';
import { JsonCursor } from '../codecs/json-cursor.ts';
import { readParameters } from '../codecs/json-fields.ts';
import type { Catalogue, ModelFacts, RawCall, RawReply } from '../protocol.ts';
import { json } from './v2-models.ts';
import { readFlag } from './v2-parameters.ts';

/**
 * `$repository_index_response` of the model repository extension; `{"ready": true}` in the body leaves out what cannot
 * be asked now.
 * @throws MdeployError `BODY_MALFORMED`, `JSON_TOO_DEEP`, `REQUEST_INVALID`
 */
export function repositoryIndex({ body }: RawCall, catalogue: Catalogue): RawReply {
  const onlyReady = body.length > 0 && readReady(body);
  const rows = catalogue.list().map(indexRow);
  return json(onlyReady ? rows.filter(({ state }) => state === 'READY') : rows);
}

/**
 * Loading and unloading change what a server runs, which an open port must not offer.
 * @throws MdeployError `FEATURE_UNSUPPORTED`, always
 */
export function refuseChange({ path }: Pick<RawCall, 'path'>): never {
  const verb = path.endsWith('/load') ? 'Loading' : 'Unloading';
  const instead = 'Start the server with the models it is to serve.';
  throw failure('FEATURE_UNSUPPORTED', { feature: `${verb} a model over this port`, instead });
}

function readReady(body: Uint8Array): boolean {
  const cursor = new JsonCursor(body);
  const fields = readParameters(cursor, 'index');
  cursor.finish();
  return readFlag(fields, 'ready', 'index') ?? false;
}

/** One version as the index shows it. */
export function indexRow({ name, version, state }: ModelFacts) {
  return { name, version, state: states[state], reason: '' };
}

const states: Readonly<Record<ModelFacts['state'], string>> = {
  AVAILABLE: 'READY',
  LOADING: 'LOADING',
  UNLOADING: 'UNLOADING',
  END: 'UNAVAILABLE',
};
