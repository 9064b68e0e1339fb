import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { TensorSpec } from '../../core/tensor.ts';
import { JsonCursor } from '../codecs/json-cursor.ts';
import { invalid, readParameters, type Scalar, wrongField } from '../codecs/json-fields.ts';
import type { Environment } from '../platform.ts';
import type { Catalogue, Decoded, Protocol, RawCall, Route } from '../protocol.ts';
import { readValue } from './plain-decode.ts';
import { encodePlain } from './plain-encode.ts';
import { fitColumns } from './plain-fit.ts';
import { encodeTextError } from './v2-errors.ts';
import { json } from './v2-models.ts';
import { describeVertex } from './vertex-describe.ts';

/**
 * Vertex AI's container contract, see docs/protocols/vertex.md. Its paths come from `AIP_HEALTH_ROUTE` and
 * `AIP_PREDICT_ROUTE`; those that Vertex takes by default are always there.
 * @throws MdeployError `USAGE` for a variable that is no path
 */
export function vertexFor(environment: Environment): Protocol {
  const health = routeOf(environment, 'AIP_HEALTH_ROUTE');
  const predict = routeOf(environment, 'AIP_PREDICT_ROUTE');
  return {
    name: 'vertex',
    routes: [
      ...[health, usual].filter((path) => path !== undefined).map(healthRoute),
      ...(predict === undefined ? [] : [{ ...predictRoute(predict), describe: describeVertex }]),
      predictRoute(`${usual}::predict`),
    ],
    encodeError: encodeTextError,
  };
}

// The grammar keeps `*`, which find-my-way would take as any path; a colon of the path itself is written twice there.
function routeOf(environment: Environment, variable: string): string | undefined {
  const route = environment[variable] ?? '';
  if (route === '') return undefined;
  if (/^\/[\w.~:@/-]*$/.test(route)) return route.replaceAll(':', '::');
  const expected = 'a path such as /predict';
  const problem = `${variable} takes ${expected}, not "${route}".`;
  throw failure('USAGE', { problem, verb: 'serve' }, { field: variable, expected, received: route });
}

function healthRoute(path: string): Route {
  return {
    kind: 'info',
    method: 'GET',
    path,
    api: 'health',
    answer: (_call, _catalogue, server) => {
      const status = server.status();
      return json({ status }, status === 'ready' ? 200 : 503);
    },
  };
}

function predictRoute(path: string): Extract<Route, { kind: 'infer' }> {
  return { kind: 'infer', method: 'POST', path, api: 'predict', decode };
}

function decode(call: RawCall, catalogue: Catalogue): Decoded {
  const { name, signature } = catalogue.only();
  const { inputs, parameters } = readBody(call.body, signature.inputs);
  return {
    request: { model: name, inputs, parameters: Object.fromEntries(parameters) },
    encode: (response) => encodePlain(response, signature, false),
  };
}

function readBody(body: Uint8Array, specs: readonly TensorSpec[]) {
  const cursor = new JsonCursor(body, { nonFinite: true });
  if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw wrongField(cursor, 'body', 'an object');
  let inputs: ReturnType<typeof fitColumns> | undefined;
  let parameters: ReadonlyMap<string, Scalar> = new Map();
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'parameters') parameters = readParameters(cursor, key);
    else if (key !== 'instances') throw unknown(key);
    else if (inputs) throw failure('INPUT_DUPLICATE', { name: key }, { field: key });
    else if (cursor.bytes[cursor.at] !== OPEN_LIST) throw wrongField(cursor, key, 'a list');
    else inputs = fitColumns(readValue(cursor, specs).tensors, specs);
  }
  cursor.finish();
  if (inputs) return { inputs, parameters };
  throw invalid('instances', 'The body has no "instances".', fix);
}

function unknown(key: string): MdeployError {
  return invalid(key, `The body has the key "${key}", which Vertex AI does not know.`, fix);
}

const usual = '/v1/endpoints/:endpoint/deployedModels/:deployed([^/:]+)';
const fix = 'Send {"instances": [...]}, with "parameters" beside it or without.';
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
