import { failure } from '../../core/errors/error.ts';
import type { Catalogue, ModelFacts, RawReply } from '../protocol.ts';

/** As TorchServe prints JSON: two spaces, and a line end. */
export function page(document: unknown, status = 200): RawReply {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(document, null, 2)}\n`,
  };
}

/**
 * One page of names; `next_page_token` is the number of the first model of the next one.
 * @throws MdeployError `REQUEST_INVALID`
 */
export function listModels(catalogue: Catalogue, query: URLSearchParams): object {
  const limit = Math.max(1, whole(query, 'limit', 100));
  const from = whole(query, 'next_page_token', 0);
  const names = [...new Set(catalogue.list().map(({ name }) => name))];
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

/** A description with the fields that mean something here; every model has one worker, which is its session. */
export function describeModel({ name, version, state }: ModelFacts): object {
  return {
    modelName: name,
    modelVersion: version,
    modelUrl: urlOf(name),
    runtime: 'onnxruntime',
    minWorkers: 1,
    maxWorkers: 1,
    batchSize: 1,
    maxBatchDelay: 0,
    loadedAtStartup: true,
    workers: [{ id: '1', status: workerStates[state] ?? 'UNLOADING' }],
  };
}

function whole(query: URLSearchParams, name: string, usual: number): number {
  const given = query.get(name);
  if (given === null) return usual;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  const problem = `"${name}" is "${given}", which is not a whole number.`;
  throw failure(
    'REQUEST_INVALID',
    { problem, fix: 'Send a whole number.' },
    { field: name, received: given },
  );
}

// The place of the file is nobody's business.
function urlOf(name: string): string {
  return `${name}.onnx`;
}

const workerStates: Readonly<Partial<Record<ModelFacts['state'], string>>> = {
  LOADING: 'LOADING',
  AVAILABLE: 'READY',
  UNLOADING: 'UNLOADING',
};
