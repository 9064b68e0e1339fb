import { version } from '../../core/version.ts';
import type { Catalogue, Decoded, Protocol, RawCall, RawReply, Route, ServerFacts } from '../protocol.ts';
import { decodeInvocation } from './mlflow-decode.ts';
import { describeInvocation } from './mlflow-describe.ts';
import { encodeRecords, encodeTensors } from './mlflow-encode.ts';
import { encodeMlflowError } from './mlflow-errors.ts';

/** MLflow's model server, see docs/protocols/mlflow.md. */
export const mlflow: Protocol = {
  name: 'mlflow',
  routes: [
    get('/ping', 'health', health),
    get('/health', 'health', health),
    get('/version', 'version', () => text(version)),
    {
      kind: 'infer',
      method: 'POST',
      path: '/invocations',
      api: 'invocations',
      decode,
      describe: describeInvocation,
    },
  ],
  encodeError: encodeMlflowError,
};

function decode(call: RawCall, catalogue: Catalogue): Decoded {
  const facts = catalogue.only();
  const { inputs, isTable } = decodeInvocation(call, facts);
  return {
    request: { model: facts.name, inputs },
    encode: (response) => (isTable ? encodeRecords(response, facts.signature) : encodeTensors(response)),
  };
}

function health(_call: RawCall, _catalogue: Catalogue, server: ServerFacts): RawReply {
  const isReady = server.status() === 'ready';
  return { status: isReady ? 200 : 503, headers: { 'content-type': 'application/json' }, body: '\n' };
}

function text(body: string): RawReply {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

function get(path: string, api: string, answer: Extract<Route, { kind: 'info' }>['answer']): Route {
  return { kind: 'info', method: 'GET', path, api, answer };
}
