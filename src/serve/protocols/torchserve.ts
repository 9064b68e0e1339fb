import { failure } from '../../core/errors/error.ts';
import type { Catalogue, Decoded, Protocol, RawCall, RawReply, Route } from '../protocol.ts';
import { describePlain } from './plain-describe.ts';
import { decodePrediction } from './torchserve-decode.ts';
import { writePrediction } from './torchserve-encode.ts';
import { encodeTorchserveError } from './torchserve-errors.ts';
import { describeModel, listModels, page, target } from './torchserve-models.ts';

/** TorchServe's inference API and what of its management API only informs, see docs/protocols/torchserve.md. */
export const torchserve: Protocol = {
  name: 'torchserve',
  owns: '/predictions',
  routes: [
    get('/ping', 'health', (_call, _catalogue, server) =>
      server.status() === 'ready' ? page({ status: 'Healthy' }) : page({ status: 'Unhealthy' }, 500),
    ),
    ...['/predictions/:name', '/predictions/:name/:version'].flatMap((path) => [
      predict('POST', path),
      predict('PUT', path),
    ]),
    ...['/explanations/:name', '/explanations/:name/:version'].map(explain),
    get('/models', 'models', ({ query }, catalogue) => page(listModels(catalogue, query))),
    get('/models/:name', 'models', ({ params }, catalogue) =>
      page([describeModel(catalogue.find(params.name ?? ''))]),
    ),
    get('/models/:name/:version', 'models', ({ params }, catalogue) => {
      const { name = '', version = '' } = params;
      catalogue.find(name);
      const chosen = version === 'all' ? catalogue.versions(name) : [target(catalogue, name, version)];
      return page(chosen.map(describeModel));
    }),
  ],
  encodeError: encodeTorchserveError,
};

function predict(method: 'POST' | 'PUT', path: string): Route {
  const route = { kind: 'infer', method, path, api: 'predictions', decode } as const;
  if (method === 'PUT' || path.includes(':version')) return route;
  return {
    ...route,
    describe: (facts) => ({
      ...describePlain(facts),
      summary: `TorchServe predictions of ${facts.name}`,
      response: {},
    }),
  };
}

function decode(call: RawCall, catalogue: Catalogue): Decoded {
  const { name = '', version } = call.params;
  const facts = target(catalogue, name, version);
  const prediction = decodePrediction(call, facts.signature);
  return {
    request: {
      model: facts.name,
      inputs: prediction.inputs,
      ...(version !== undefined && { version: facts.version }),
    },
    encode: (response) => ({
      status: 200,
      headers: { 'content-type': 'application/json', ...uncached },
      body: writePrediction(response, facts.signature, prediction),
    }),
  };
}

function explain(path: string): Route {
  const answer = (): never => {
    throw failure('METHOD_UNIMPLEMENTED', { method: 'explain' });
  };
  return { kind: 'info', method: 'POST', path, api: 'explanations', answer };
}

function get(path: string, api: string, answer: Extract<Route, { kind: 'info' }>['answer']): Route {
  return {
    kind: 'info',
    method: 'GET',
    path,
    api,
    answer: answer as (...asked: Parameters<typeof answer>) => RawReply,
  };
}

const uncached = {
  pragma: 'no-cache',
  'cache-control': 'no-cache; no-store, must-revalidate, private',
  expires: 'Thu, 01 Jan 1970 00:00:00 UTC',
};
