import { failure } from '../../core/errors/error.ts';
import type { Catalogue, Decoded, ModelFacts, Protocol, RawCall, RawReply, Route } from '../protocol.ts';
import { decodeClassify, decodeRegress, describeExamples } from './tfs-classify.ts';
import { decodePredict, describePredict } from './tfs-decode.ts';
import { encodePredict } from './tfs-encode.ts';
import { encodeTfsError, worded } from './tfs-errors.ts';
import { metadataJson } from './tfs-metadata.ts';
import { modelStatusJson } from './tfs-status.ts';
import { chosenVersion, findVersion } from './tfs-versions.ts';

/** TensorFlow Serving's REST API (`/v1/models/…`), see docs/protocols/tfserving-rest.md. */
export const tfs: Protocol = {
  name: 'tfs',
  owns: '/v1/',
  routes: [
    ...everyTarget(':predict', predict),
    ...everyTarget(':classify', (path, isMain) => examples(path, isMain, 'classify', decodeClassify)),
    ...everyTarget(':regress', (path, isMain) => examples(path, isMain, 'regress', decodeRegress)),
    ...everyTarget('', (path) => get(path, 'status', status)),
    ...everyTarget('/metadata', (path) => get(path, 'metadata', metadata)),
    get('/v1/models', 'status', () => {
      throw worded(
        failure('REQUEST_INVALID', { problem: 'Missing model name in request.', fix: 'Name one.' }),
      );
    }),
    { kind: 'info', method: 'OPTIONS', path: '/v1/*', api: 'options', answer: options },
  ],
  encodeError: encodeTfsError,
};

/** The three ways a path names what it is about: the model, one version of it, one label. */
function everyTarget(action: string, make: (path: string, isMain: boolean) => Route): Route[] {
  // In find-my-way a colon of the path itself is written twice, and a parameter before it needs its own grammar.
  const [name, version, label] = [':name([^/:]+)', ':version([^/:]+)', ':label([^/:]+)'];
  const end = action.replace(':', '::');
  const model = `/v1/models/${name}`;
  return [
    make(`${model}${end}`, true),
    make(`${model}/versions/${version}${end}`, false),
    make(`${model}/labels/${label}${end}`, false),
  ];
}

function predict(path: string, isMain: boolean): Route {
  const decode = decodeWith((body, facts) => {
    const { inputs, isRow } = decodePredict(body, facts);
    return { inputs, encode: (response) => encodePredict(response, isRow) };
  });
  const route = { kind: 'infer', method: 'POST', path, api: 'predict', decode } as const;
  return isMain ? { ...route, describe: describePredict } : route;
}

function examples(path: string, isMain: boolean, api: 'classify' | 'regress', read: ReadBody): Route {
  const route = { kind: 'infer', method: 'POST', path, api, decode: decodeWith(read) } as const;
  return isMain ? { ...route, describe: describeExamples(api) } : route;
}

type ReadBody = (
  body: Uint8Array,
  facts: ModelFacts,
) => Pick<Decoded, 'encode'> & Pick<Decoded['request'], 'inputs' | 'outputs'>;

function decodeWith(read: ReadBody) {
  return (call: RawCall, catalogue: Catalogue): Decoded => {
    const facts = target(call, catalogue);
    const { version, label } = call.params;
    const { encode, ...tensors } = read(call.body, facts);
    const request = {
      model: facts.name,
      ...tensors,
      ...(version !== undefined && { version: facts.version }),
      ...(label !== undefined && { label }),
    };
    return { request, encode };
  };
}

function target({ params }: RawCall, catalogue: Catalogue): ModelFacts {
  const { name = '', label } = params;
  const version = chosenVersion(catalogue, name, params.version);
  if (version !== undefined) return findVersion(catalogue, name, version);
  return catalogue.find(name, undefined, label);
}

function get(path: string, api: string, answer: (call: RawCall, catalogue: Catalogue) => RawReply): Route {
  return { kind: 'info', method: 'GET', path, api, answer };
}

function status({ params: { name = '', version } }: RawCall, catalogue: Catalogue): RawReply {
  return json(modelStatusJson(catalogue, name, chosenVersion(catalogue, name, version)));
}

function metadata(call: RawCall, catalogue: Catalogue): RawReply {
  return json(metadataJson(target(call, catalogue)));
}

// TF Serving answers a preflight by whether it names a web origin.
function options({ headers }: RawCall): RawReply {
  const isWeb = /https?:\/\//.test(String(headers.origin ?? ''));
  return { status: isWeb ? 200 : 400, headers: { 'content-type': 'application/json' }, body: '' };
}

function json(body: string): RawReply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}
