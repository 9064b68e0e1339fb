import type { Catalogue, ModelFacts, RawReply, ServerFacts } from '../protocol.ts';
import type { Fields } from './torchserve-fields.ts';
import { tensorMetadata } from './v2-models.ts';

/** As TorchServe prints JSON: two spaces, and a line end. */
export function page(document: unknown, status = 200): RawReply {
  return { status, headers: { 'content-type': 'application/json' }, body: pageText(document) };
}

export function pageText(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** One page of names; `next_page_token` is the number of the first model of the next one. */
export function listModels(catalogue: Catalogue, fields: Fields): object {
  const asked = numberIn(fields, 'limit') ?? most;
  const limit = asked < 1 || asked > most ? most : asked;
  const from = Math.max(0, numberIn(fields, 'next_page_token') ?? 0);
  const names = [...new Set(catalogue.list().map(({ name }) => name))].sort();
  const models = names.slice(from, from + limit).map((name) => ({ modelName: name, modelUrl: urlOf(name) }));
  return { ...(from + limit < names.length && { nextPageToken: String(from + limit) }), models };
}

/**
 * The version that is meant; TorchServe's are such as `1.0`, where a manifest has 1.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`
 */
export function target(catalogue: Catalogue, name: string, version: string | undefined): ModelFacts {
  if (version === undefined) return catalogue.find(name);
  const isKnown = catalogue.versions(name).some((facts) => facts.version === version);
  return catalogue.find(name, isKnown ? version : version.replace(/^(\d+)\.0$/, '$1'));
}

/**
 * One version, the default unless told otherwise, or with `all` all of them.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`
 */
export function describeModels(
  catalogue: Catalogue,
  { name, version }: { readonly name: string; readonly version: string | undefined },
  fields: Fields,
  server: ServerFacts,
): readonly object[] {
  const found = target(catalogue, name, version === 'all' ? undefined : version);
  const isCustomized = fields.get('customized')?.toLowerCase() === 'true';
  const chosen = version === 'all' ? catalogue.versions(name) : [found];
  return chosen.map((facts) => describe(facts, server, isCustomized));
}

/** The fields that mean something here; every version has one worker, which is its session. */
function describe(facts: ModelFacts, { changes }: ServerFacts, isCustomized: boolean): object {
  const { name, version, state, batching, signature } = facts;
  return {
    modelName: name,
    modelVersion: version,
    modelUrl: urlOf(name),
    runtime: 'onnxruntime',
    minWorkers: 1,
    maxWorkers: 1,
    batchSize: batching?.maxRows ?? 1,
    maxBatchDelay: batching?.maxDelayMs ?? 0,
    loadedAtStartup: !changes?.isAdded(facts),
    workers: [{ id: '1', status: workerStates[state] ?? 'UNLOADING' }],
    ...(isCustomized && {
      customizedMetadata: {
        inputs: signature.inputs.map(tensorMetadata),
        outputs: signature.outputs.map(tensorMetadata),
      },
    }),
  };
}

// As in TorchServe, what is no number counts as not said where something is only told.
function numberIn(fields: Fields, name: string): number | undefined {
  const given = fields.get(name) ?? '';
  return /^[-+]?\d{1,10}$/.test(given) ? Number(given) : undefined;
}

// The place of the file is nobody's business.
function urlOf(name: string): string {
  return `${name}.onnx`;
}

const most = 100;
const workerStates: Readonly<Partial<Record<ModelFacts['state'], string>>> = {
  LOADING: 'LOADING',
  AVAILABLE: 'READY',
  UNLOADING: 'UNLOADING',
};
