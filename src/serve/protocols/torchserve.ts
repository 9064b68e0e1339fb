import { failure } from '../../core/errors/error.ts';
import type { Catalogue, Decoded, Protocol, RawCall, Route } from '../protocol.ts';
import { describePlain } from './plain-describe.ts';
import { decodePrediction } from './torchserve-decode.ts';
import { writePrediction } from './torchserve-encode.ts';
import { encodeTorchserveError } from './torchserve-errors.ts';
import { managementRoutes } from './torchserve-management.ts';
import { page, target } from './torchserve-models.ts';

/** TorchServe's inference and management API, see docs/protocols/torchserve.md. */
export const torchserve: Protocol = {
  name: 'torchserve',
  owns: '/predictions',
  routes: [
    {
      kind: 'info',
      method: 'GET',
      path: '/ping',
      api: 'health',
      answer: (_call, _catalogue, server) =>
        server.status() === 'ready' ? page({ status: 'Healthy' }) : page({ status: 'Unhealthy' }, 500),
    },
    ...['/predictions/:name', '/predictions/:name/:version'].flatMap((path) => [
      predict('POST', path),
      predict('PUT', path),
    ]),
    ...['/explanations/:name', '/explanations/:name/:version'].map(explain),
    ...managementRoutes(() => torchserve),
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

const uncached = {
  pragma: 'no-cache',
  'cache-control': 'no-cache; no-store, must-revalidate, private',
  expires: 'Thu, 01 Jan 1970 00:00:00 UTC',
};
