import { failure } from '../../core/errors/error.ts';
import { chooseType } from '../codecs/accept.ts';
import { type Environment, isMultiModel } from '../platform.ts';
import type { Catalogue, Decoded, ModelFacts, Protocol, RawCall, RawReply, Route } from '../protocol.ts';
import { describePlain } from './plain-describe.ts';
import { decodeInvocationBody } from './sagemaker-decode.ts';
import { encodeInvocation, replyTypes } from './sagemaker-encode.ts';
import { executionParameters, modelRoutes } from './sagemaker-models.ts';
import { encodeTextError } from './v2-errors.ts';

/**
 * SageMaker's container contract, see docs/protocols/sagemaker.md. `SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT` names the type
 * of replies to clients that name none.
 * @throws MdeployError `USAGE` for a variable that cannot be honoured
 */
export function sagemakerFor(environment: Environment): Protocol {
  const usual = usualType(environment.SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT || replyTypes[0]);
  const offered = [usual, ...replyTypes.filter((type) => type !== usual)];
  const invoke = (path: string, find: (call: RawCall, catalogue: Catalogue) => ModelFacts): Route => ({
    kind: 'infer',
    method: 'POST',
    path,
    api: 'invocations',
    decode: (call, catalogue) => decode(call, find(call, catalogue), offered),
    describe: (facts) => ({ ...describePlain(facts), summary: `SageMaker invocations of ${facts.name}` }),
  });
  return {
    name: 'sagemaker',
    routes: [
      get('/ping', 'health', (_call, _catalogue, server) => empty(server.status() === 'ready' ? 200 : 503)),
      get('/execution-parameters', 'parameters', (_, catalogue, server) =>
        executionParameters(catalogue, server),
      ),
      invoke('/invocations', (_, catalogue) => catalogue.only()),
      invoke('/models/:name/invoke', ({ params }, catalogue) => catalogue.find(params.name ?? '')),
      ...modelRoutes(isMultiModel(environment)),
    ],
    encodeError: encodeTextError,
  };
}

function usualType(type: string): string {
  if (replyTypes.some((known) => known === type)) return type;
  const variable = 'SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT';
  const expected = replyTypes.join(', ');
  const problem = `${variable} takes one of ${expected}, not "${type}".`;
  throw failure('USAGE', { problem, verb: 'serve' }, { field: variable, expected, received: type });
}

function decode(call: RawCall, facts: ModelFacts, offered: readonly string[]): Decoded {
  const type = chooseType(call.headers.accept, offered);
  const { inputs, isOneRow } = decodeInvocationBody(call, facts);
  const attributes = call.headers[customAttributes];
  return {
    request: { model: facts.name, inputs },
    encode: (response) => {
      const reply = encodeInvocation(response, facts.signature, { type, isOneRow });
      if (typeof attributes !== 'string') return reply;
      return { ...reply, headers: { ...reply.headers, [customAttributes]: attributes } };
    },
  };
}

function get(path: string, api: string, answer: Extract<Route, { kind: 'info' }>['answer']): Route {
  return { kind: 'info', method: 'GET', path, api, answer };
}

function empty(status: number): RawReply {
  return { status, headers: { 'content-type': 'application/json' }, body: '' };
}

/** Opaque text that SageMaker hands through in both directions. */
const customAttributes = 'x-amzn-sagemaker-custom-attributes';
