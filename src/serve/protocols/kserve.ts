import { failure } from '../../core/errors/error.ts';
import type { Catalogue, Decoded, Protocol, RawCall, RawReply, Route, ServerFacts } from '../protocol.ts';
import { encodePlain } from './plain-encode.ts';
import { decodePredict, describePredict } from './tfs-decode.ts';
import { encodeTextError } from './v2-errors.ts';
import { json, modelList, modelReady } from './v2-models.ts';

type Answer = Extract<Route, { kind: 'info' }>['answer'];

// In find-my-way a colon of the path itself is written twice. The paths are TF Serving's, letter for letter: what
// happens when both are spoken is decided in shared-paths.ts.
const model = '/v1/models/:name([^/:]+)';

/** KServe's V1 protocol, see docs/protocols/kserve-v1.md. */
export const kserve: Protocol = {
  name: 'kserve',
  owns: '/v1/',
  routes: [
    get('/', 'health', (_, __, server) => alive(server)),
    get('/v1/models', 'status', (_, catalogue) => modelList(catalogue)),
    get(model, 'status', modelReady),
    {
      kind: 'infer',
      method: 'POST',
      path: `${model}::predict`,
      api: 'predict',
      decode,
      describe: (facts) => ({ ...describePredict(facts), summary: `KServe V1 predict with ${facts.name}` }),
    },
    { kind: 'info', method: 'POST', path: `${model}::explain`, api: 'explain', answer: explain },
  ],
  encodeError: encodeTextError,
};

/** The values are read as TF Serving's are; the answer is always `{"predictions": …}`. */
function decode(call: RawCall, catalogue: Catalogue): Decoded {
  refuseCloudEvent(call);
  const facts = catalogue.find(call.params.name ?? '');
  const { inputs } = decodePredict(call.body, facts);
  return {
    request: { model: facts.name, inputs },
    encode: (response) => encodePlain(response, facts.signature, false),
  };
}

// An event whose data are the body (binary mode) is a plain request; one whose body is the event is not.
function refuseCloudEvent({ headers }: RawCall): void {
  const type = String(headers['content-type'] ?? '').toLowerCase();
  if (!type.startsWith('application/cloudevents')) return;
  const feature = 'A structured CloudEvent';
  throw failure('FEATURE_UNSUPPORTED', {
    feature,
    instead: 'Send {"instances": [...]} as application/json.',
  });
}

function alive(server: ServerFacts): RawReply {
  return server.status() === 'broken' ? json({ status: 'broken' }, 503) : json({ status: 'alive' });
}

function explain(): never {
  throw failure('METHOD_UNIMPLEMENTED', { method: 'explain' });
}

function get(path: string, api: string, answer: Answer): Route {
  return { kind: 'info', method: 'GET', path, api, answer };
}
