import type { Catalogue, Decoded, Protocol, RawCall, Route } from '../protocol.ts';
import { modelConfig } from './v2-config.ts';
import { describeInfer } from './v2-describe.ts';
import { encodeInfer } from './v2-encode.ts';
import { encodeTextError } from './v2-errors.ts';
import { live, modelList, modelMetadata, modelReady, ready, serverMetadata, target } from './v2-models.ts';
import { changeModel, repositoryIndex } from './v2-repository.ts';
import { decodeInfer } from './v2-request.ts';
import { statistics } from './v2-statistics.ts';

type Answer = Extract<Route, { kind: 'info' }>['answer'];

/** Open Inference Protocol v2 over HTTP, as KServe and Triton speak it, see docs/protocols/v2-rest.md. */
export const v2: Protocol = {
  name: 'v2',
  owns: '/v2/',
  routes: [
    get('/v2', 'metadata', (_, __, server) => serverMetadata(server)),
    get('/v2/health/live', 'health', (_, __, server) => live(server)),
    get('/v2/health/ready', 'health', (_, __, server) => ready(server)),
    get('/v2/models', 'metadata', (_, catalogue) => modelList(catalogue)),
    { ...get('/v2/models/stats', 'statistics', statistics), isCounted: true },
    ...everyTarget('', (path) => get(path, 'metadata', modelMetadata)),
    ...everyTarget('/config', (path) => get(path, 'metadata', modelConfig)),
    ...everyTarget('/ready', (path) => get(path, 'health', modelReady)),
    ...everyTarget('/stats', (path) => ({ ...get(path, 'statistics', statistics), isCounted: true })),
    ...everyTarget('/infer', infer),
    post('/v2/repository/index', repositoryIndex),
    post('/v2/repository/:repository/index', repositoryIndex),
    post('/v2/repository/models/:name/load', (call, _, server) => changeModel('load', call, server)),
    post('/v2/repository/models/:name/unload', (call, _, server) => changeModel('unload', call, server)),
  ],
  encodeError: encodeTextError,
};

/** A path names the model, or one version of it. */
function everyTarget(action: string, make: (path: string, isMain: boolean) => Route): Route[] {
  return [
    make(`/v2/models/:name${action}`, true),
    make(`/v2/models/:name/versions/:version${action}`, false),
  ];
}

function infer(path: string, isMain: boolean): Route {
  const route = { kind: 'infer', method: 'POST', path, api: 'infer', decode } as const;
  return isMain ? { ...route, describe: describeInfer } : route;
}

function decode(call: RawCall, catalogue: Catalogue): Decoded {
  const facts = target(call, catalogue);
  const { form, ...body } = decodeInfer(call, facts.signature);
  return {
    request: {
      model: facts.name,
      ...(call.params.version !== undefined && { version: facts.version }),
      ...body,
    },
    encode: (response) => encodeInfer(response, form, facts),
  };
}

function get(path: string, api: string, answer: Answer): Extract<Route, { kind: 'info' }> {
  return { kind: 'info', method: 'GET', path, api, answer };
}

function post(path: string, answer: Answer): Route {
  return { kind: 'info', method: 'POST', path, api: 'repository', answer };
}
