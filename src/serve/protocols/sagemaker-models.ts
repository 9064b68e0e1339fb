import { availableParallelism } from 'node:os';
import { failure } from '../../core/errors/error.ts';
import { grammars } from '../../core/names.ts';
import { allowed, type Changes } from '../changes.ts';
import { JsonCursor } from '../codecs/json-cursor.ts';
import { invalid, readParameters } from '../codecs/json-fields.ts';
import type { Catalogue, RawCall, RawReply, Route, ServerFacts } from '../protocol.ts';
import { json } from './v2-models.ts';

type Answer = (call: RawCall, catalogue: Catalogue, server: ServerFacts) => RawReply | Promise<RawReply>;

/**
 * What multi-model endpoints ask beside predictions.
 * @param isFirst the platform said that this is one, so these paths are its own
 */
export function modelRoutes(isFirst: boolean): readonly Route[] {
  const route = (method: 'GET' | 'POST' | 'DELETE', path: string, answer: Answer): Route => {
    return { kind: 'info', method, path, api: 'models', isFirst, answer };
  };
  return [
    route('GET', '/models', (_, catalogue) => json({ models: namesOf(catalogue).map(shown) })),
    route('POST', '/models', async ({ body }, catalogue, { changes }) => {
      await load(body, allowed(changes, 'Loading a model'), catalogue);
      return json({});
    }),
    route('GET', '/models/:name', ({ params }, catalogue) =>
      json(shown(catalogue.find(params.name ?? '').name)),
    ),
    route('DELETE', '/models/:name', async ({ params }, _, { changes }) => {
      const open = allowed(changes, 'Unloading a model');
      await open.unload(params.name ?? '');
      // The next model may need the memory of this one.
      await open.freed();
      return json({});
    }),
  ];
}

/**
 * What batch transform asks first: several rows in one request where the model takes them, and requests as large as this
 * server and SageMaker allow.
 * @throws MdeployError `MODEL_AMBIGUOUS`
 */
export function executionParameters(catalogue: Catalogue, { maxBodyBytes }: ServerFacts): RawReply {
  const { signature } = catalogue.only();
  const takesRows = signature.inputs.every(({ shape }) => typeof shape?.[0] === 'string');
  const payload = Math.max(1, Math.min(usualPayload, Math.floor(maxBodyBytes / 2 ** 20)));
  return json({
    MaxConcurrentTransforms: Math.min(availableParallelism() * 2, Math.floor(allPayloads / payload)),
    BatchStrategy: takesRows ? 'MULTI_RECORD' : 'SINGLE_RECORD',
    MaxPayloadInMB: payload,
  });
}

/** A name that is in use is refused, whatever its version. @throws MdeployError as `Changes.add` */
async function load(body: Uint8Array, changes: Changes, catalogue: Catalogue): Promise<void> {
  const { name, url } = readLoad(body);
  await changes.add({
    name,
    url,
    prove: () => {
      const [served] = catalogue.versions(name);
      if (served) throw failure('VERSION_SERVED_ALREADY', { name, version: served.version });
    },
  });
}

function readLoad(body: Uint8Array): { readonly name: string; readonly url: string } {
  const cursor = new JsonCursor(body);
  const fields = readParameters(cursor, 'body');
  cursor.finish();
  const [name, url] = ['model_name', 'url'].map((field) => {
    const value = fields.get(field);
    if (typeof value === 'string' && value !== '') return value;
    throw invalid(field, `"${field}" is missing.`, 'Send {"model_name": "NAME", "url": "FOLDER"}.');
  });
  if (grammars.modelName.test(name!)) return { name: name!, url: url! };
  const fix = 'Use letters, digits and . _ - (128 at most), the first one no dot or dash.';
  throw invalid('model_name', `"${name}" cannot be the name of a model.`, fix);
}

function namesOf(catalogue: Catalogue): readonly string[] {
  return [...new Set(catalogue.list().map(({ name }) => name))];
}

// Where SageMaker mounts a model; the true place is nobody's business.
function shown(name: string): object {
  return { modelName: name, modelUrl: `/opt/ml/models/${encodeURIComponent(name)}/model` };
}

/** SageMaker's own default, and its limit for all requests at once; both in MiB. */
const usualPayload = 6;
const allPayloads = 100;
