import type { MdeployError } from '../../core/errors/error.ts';
import { failure } from '../../core/errors/error.ts';
import type { Catalogue, Decoded, ModelFacts, Protocol, RawCall, RawReply, Route } from '../protocol.ts';
import { decodePlain } from './plain-decode.ts';
import { describePlain } from './plain-describe.ts';
import { encodePlain } from './plain-encode.ts';

/** `POST /predict`: the shapes people write by hand, see docs/protocols/plain.md. */
export const plain: Protocol = {
  name: 'plain',
  routes: [route('/predict', (_, catalogue) => catalogue.only()), route('/predict/:name', byName)],
  encodeError,
};

function route(path: string, find: (call: RawCall, catalogue: Catalogue) => ModelFacts): Route {
  return {
    kind: 'infer',
    method: 'POST',
    path,
    api: 'predict',
    decode: (call, catalogue) => decode(call, find(call, catalogue)),
    describe: describePlain,
  };
}

function byName(call: RawCall, catalogue: Catalogue): ModelFacts {
  return catalogue.find(call.params.name ?? '');
}

function decode(call: RawCall, facts: ModelFacts): Decoded {
  const { inputs, isOneRow } = decodePlain(call, facts.signature);
  return {
    request: { model: facts.name, inputs },
    encode: (response) => encodePlain(response, facts.signature, isOneRow),
  };
}

/** `{"error": {code, message, field, expected, received, fix, request_id}}`; what does not apply is left out. */
function encodeError(error: MdeployError, call: Pick<RawCall, 'id'>): RawReply {
  const shown = error.http === 500 ? failure('SERVER_FAULT', { request: call.id }) : error;
  const { field, expected, received, retryAfter } = shown.details;
  const body = {
    error: {
      code: shown.code,
      message: shown.message,
      field,
      expected,
      received,
      fix: shown.remedy,
      request_id: call.id,
    },
  };
  return {
    status: shown.http,
    headers: {
      'content-type': 'application/json',
      ...(retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter)) }),
    },
    body: `${JSON.stringify(body)}\n`,
  };
}
