import { failure } from '../../core/errors/error.ts';
import { refuseChange as refuse } from '../changes.ts';
import { JsonCursor } from '../codecs/json-cursor.ts';
import { readParameters, wrongField } from '../codecs/json-fields.ts';
import type { Catalogue, ModelFacts, RawCall, RawReply, ServerFacts } from '../protocol.ts';
import { json } from './v2-models.ts';
import { readFlag } from './v2-parameters.ts';

/**
 * `$repository_index_response` of the model repository extension: every version that is or was served; `{"ready": true}`
 * in the body leaves out what cannot be asked now.
 * @throws MdeployError `BODY_MALFORMED`, `JSON_TOO_DEEP`, `REQUEST_INVALID`
 */
export function repositoryIndex({ body }: RawCall, catalogue: Catalogue): RawReply {
  return json(indexRows(catalogue, body.length > 0 && readReady(body)));
}

/** The index, one row per version. */
export function indexRows(catalogue: Catalogue, onlyReady: boolean) {
  const rows = catalogue.history().map(({ name, version, state, reason = '' }) => {
    return { name, version, state: states[state], reason };
  });
  return onlyReady ? rows.filter(({ state }) => state === 'READY') : rows;
}

type Verb = 'load' | 'unload';

/**
 * Loads a model anew from where the server was told to look, or unloads it; all its versions. Answers as KServe does;
 * Triton's clients look at the status only.
 * @throws MdeployError `FEATURE_UNSUPPORTED` unless the server allows changes; `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`,
 * `BODY_MALFORMED`, `REQUEST_INVALID`
 */
export async function changeModel(
  verb: Verb,
  { params, body }: RawCall,
  { changes }: ServerFacts,
): Promise<RawReply> {
  if (!changes) return refuseChange(verb);
  const { name = '' } = params;
  if (body.length > 0) refuseParameters(readLoadBody(body).keys());
  await changes[verb](name);
  return json({ name, [verb]: true });
}

/**
 * Where the server was not told that its port may do so.
 * @throws MdeployError `FEATURE_UNSUPPORTED`, always
 */
export function refuseChange(verb: Verb): never {
  return refuse(`${verb === 'load' ? 'Loading' : 'Unloading'} a model`);
}

/**
 * Triton can be sent a configuration or the files of a model; `unload_dependents` is about ensembles, of which there
 * are none.
 * @throws MdeployError `FEATURE_UNSUPPORTED`
 */
export function refuseParameters(names: Iterable<string>): void {
  for (const name of names) {
    if (name === 'unload_dependents') continue;
    const instead = 'Put model and manifest into the folder that is served, and load it without parameters.';
    throw failure('FEATURE_UNSUPPORTED', { feature: `The load parameter "${name}"`, instead });
  }
}

function readLoadBody(body: Uint8Array): ReadonlyMap<string, unknown> {
  const cursor = new JsonCursor(body);
  let parameters: ReadonlyMap<string, unknown> = new Map();
  if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw wrongField(cursor, 'body', 'an object');
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'parameters') parameters = readParameters(cursor, key);
    else throw wrongField(cursor, key, '"parameters"');
  }
  cursor.finish();
  return parameters;
}

function readReady(body: Uint8Array): boolean {
  const cursor = new JsonCursor(body);
  const fields = readParameters(cursor, 'index');
  cursor.finish();
  return readFlag(fields, 'ready', 'index') ?? false;
}

const states: Readonly<Record<ModelFacts['state'], string>> = {
  AVAILABLE: 'READY',
  LOADING: 'LOADING',
  UNLOADING: 'UNLOADING',
  END: 'UNAVAILABLE',
};

const OPEN_OBJECT = 0x7b;
