import { asMdeployError, failure, type MdeployError } from '../core/errors/error.ts';
import type { InferRequest, InferResponse } from '../core/inference.ts';
import type { Tensor } from '../core/tensor.ts';
import type { ModelFacts } from '../repository/catalogue.ts';
import type { LoadedVersion } from '../repository/loaded-version.ts';
import type { Repository } from '../repository/repository.ts';
import type { Ticket } from '../runtime/waiting-room.ts';
import type { House } from './house.ts';
import { hurried } from './hurry.ts';
import type { Protocol, RawCall, RawReply, Route } from './protocol.ts';
import { type Asked, recall } from './recall.ts';
import { Watch } from './watch.ts';

export type InferRoute = Extract<Route, { kind: 'infer' }>;

/** The road of a request, once, forward: rooms 3 to 11 of docs/architecture.md. An error jumps straight to 11. */
export async function answer(
  call: RawCall,
  ticket: Ticket,
  { protocol, route }: { readonly protocol: Protocol; readonly route: InferRoute },
  house: House,
): Promise<RawReply> {
  const watch = new Watch();
  let reached: ModelFacts | undefined;
  let reply: RawReply;
  try {
    if (house.state === 'starting') throw failure('MODEL_NOT_READY', { name: call.params.name ?? 'default' });
    const { request, encode } = route.decode(call, house.repository); // 3 interpreter in
    watch.lap('decode');
    const response = await infer(request, ticket, house.repository, watch, (facts) => {
      reached = facts;
    });
    reply = encode(response); // 11 interpreter out
    watch.lap('encode');
  } catch (error) {
    reply = refuse(asMdeployError(error), call, protocol, house);
  }
  watch.record(house.metrics, reached, route.api, reply.status);
  return watch.isTold ? withTiming(reply, watch) : reply;
}

/** Rooms 4 to 10, for every door: from a request of tensors to a response of tensors. */
export async function infer(
  request: InferRequest,
  ticket: Ticket,
  repository: Repository,
  watch: Watch,
  reached: (facts: ModelFacts) => void = () => undefined,
): Promise<InferResponse> {
  const lease = repository.lease(request.model, request.version, request.label); // 4 desk
  try {
    const { version } = lease;
    reached(version.facts);
    if (version.tellsTiming) watch.isTold = true;
    watch.rows = rowsOf(version.facts, request.inputs);
    const prepared = version.prepare ? await version.prepare(request.inputs) : request.inputs; // 5 preparation
    const inputs = version.gauge(prepared); // 6 gauge
    watch.lap('prepare');
    const wanted = chosenOutputs(version, request.outputs);
    const graphOutputs = version.finish ? version.graphOutputs : wanted;
    const asked = { inputs, outputs: graphOutputs };
    const place = request.parameters ? hurried(ticket, request.parameters) : ticket;
    const outputs = await (version.cache
      ? recall(version.cache, asked, watch, () => enter(version, place, asked, watch))
      : enter(version, place, asked, watch));
    if (!version.cache) watch.lap('run');
    const finished = version.finish ? pick(await version.finish(outputs), wanted) : outputs; // 10 finishing
    watch.lap('finish');
    return { model: version.facts.name, version: version.facts.version, outputs: finished };
  } finally {
    lease.release();
  }
}

function enter(
  { batcher, room, session }: LoadedVersion,
  ticket: Ticket,
  { inputs, outputs }: Asked,
  watch: Watch,
): Promise<readonly Tensor[]> {
  const begun = () => watch.lap('queue');
  if (batcher) return batcher.enter(ticket, inputs, outputs, begun); // 7 waiting room, 8 engine, 9 sorting
  return room.enter(ticket, () => {
    begun(); // 7 waiting room
    return session.run(inputs, outputs); // 8 engine
  });
}

/** How an error leaves: only its protocol knows how it looks. What is not meant for clients is logged and replaced. */
export function refuse(
  error: MdeployError,
  call: Pick<RawCall, 'id' | 'method' | 'path'>,
  protocol: Protocol,
  house: House,
): RawReply {
  if (error.http !== 500) return withAllow(protocol.encodeError(error, call), error);
  house.log.error({ request_id: call.id, path: call.path, code: error.code, err: error }, error.message);
  return protocol.encodeError(failure('SERVER_FAULT', { request: call.id }), call);
}

// RFC 9110 §15.5.6: a 405 names what the path does take.
function withAllow(reply: RawReply, { details }: MdeployError): RawReply {
  if (reply.status !== 405 || details.expected === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, allow: details.expected } };
}

// A page of another origin that may read the reply may read its times, too.
function withTiming(reply: RawReply, watch: Watch): RawReply {
  const origin = reply.headers['access-control-allow-origin'];
  const headers = { ...reply.headers, 'server-timing': watch.timing() };
  return {
    ...reply,
    headers: origin === undefined ? headers : { ...headers, 'timing-allow-origin': origin },
  };
}

// By the user's side of the road: preparation may change what the first axis is.
function rowsOf({ signature }: ModelFacts, inputs: readonly Tensor[]): number {
  const [first] = signature.inputs;
  if (typeof first?.shape?.[0] !== 'string') return 1;
  return inputs.find(({ name }) => name === first.name)?.shape[0] ?? 1;
}

function chosenOutputs(version: LoadedVersion, asked: readonly string[] | undefined): readonly string[] {
  if (!asked?.length) return version.outputNames;
  for (const name of asked) {
    if (!version.outputNames.includes(name)) {
      throw failure('OUTPUT_UNKNOWN', { name, outputs: version.outputNames.join(', ') }, { field: name });
    }
  }
  return asked;
}

function pick(tensors: readonly Tensor[], names: readonly string[]): readonly Tensor[] {
  if (names.length === tensors.length && names.every((name, index) => tensors[index]!.name === name))
    return tensors;
  return names.map((name) => tensors.find((tensor) => tensor.name === name)!);
}
