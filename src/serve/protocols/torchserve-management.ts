import { allowed } from '../changes.ts';
import { openapiDocument } from '../openapi.ts';
import type { Catalogue, Protocol, RawCall, RawReply, Route, ServerFacts } from '../protocol.ts';
import { scaleWorkers, setDefault, type Target, unregister } from './torchserve-changes.ts';
import { fieldsOf } from './torchserve-fields.ts';
import { describeModels, listModels, page } from './torchserve-models.ts';
import { type Done, registerModel } from './torchserve-register.ts';

type Answer = (call: RawCall, catalogue: Catalogue, server: ServerFacts) => RawReply | Promise<RawReply>;
type Method = Extract<Route, { kind: 'info' }>['method'];

/**
 * TorchServe's management API, see docs/protocols/torchserve.md.
 * @param protocol whose API is described
 */
export function managementRoutes(protocol: () => Protocol): readonly Route[] {
  const api: Answer = (_, catalogue) => page(openapiDocument([protocol()], catalogue.list()));
  return [
    route('OPTIONS', '/', api),
    route('GET', '/api-description', api),
    route('GET', '/models', (call, catalogue) => page(listModels(catalogue, fieldsOf(call)))),
    route('POST', '/models', async (call, _, { changes }) =>
      done(await registerModel(fieldsOf(call), allowed(changes, 'Registering a model'))),
    ),
    ...['/models/:name', '/models/:name/:version'].flatMap((path) => [
      route('GET', path, (call, catalogue, server) =>
        page(describeModels(catalogue, targetOf(call), fieldsOf(call), server)),
      ),
      route('PUT', path, (call, catalogue) => done(scaleWorkers(targetOf(call), fieldsOf(call), catalogue))),
      route('DELETE', path, async (call, catalogue, { changes }) =>
        done(await unregister(targetOf(call), allowed(changes, 'Unregistering a model'), catalogue)),
      ),
    ]),
    route('PUT', '/models/:name/:version/set-default', async (call, catalogue, { changes }) =>
      done(await setDefault(targetOf(call), allowed(changes, 'Choosing the default version'), catalogue)),
    ),
  ];
}

function route(method: Method, path: string, answer: Answer): Route {
  return { kind: 'info', method, path, api: 'models', answer };
}

function targetOf({ params: { name = '', version } }: RawCall): Target {
  return { name, version };
}

function done({ status, text }: Done): RawReply {
  return page({ status: text }, status);
}
