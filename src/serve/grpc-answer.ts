import { asMdeployError, failure, type MdeployError } from '../core/errors/error.ts';
import type { ModelFacts } from '../repository/catalogue.ts';
import type { Ticket } from '../runtime/waiting-room.ts';
import type { GrpcMessage, GrpcMethod, GrpcProtocol } from './grpc-protocol.ts';
import type { House } from './house.ts';
import { infer } from './infer.ts';
import { Watch } from './watch.ts';

export interface GrpcRoute {
  readonly protocol: GrpcProtocol;
  /** `/inference.GRPCInferenceService/ModelInfer`. */
  readonly path: string;
  readonly method: GrpcMethod;
}

export type GrpcReply = {
  /** Value of the trailer `server-timing`; absent: there is none. */
  readonly timing?: string;
} & (
  | { readonly body: Uint8Array; readonly error?: undefined }
  /** The error is fit for clients. */
  | { readonly error: MdeployError; readonly text: string }
);

type InferMethod = Extract<GrpcMethod, { kind: 'infer' }>;

/** The road of a request from the gRPC door: as `answer` of infer.ts, with messages in place of HTTP bodies. */
export async function answerMessage(
  message: GrpcMessage,
  call: { readonly id: string; readonly ticket: Ticket },
  route: GrpcRoute & { readonly method: InferMethod },
  house: House,
): Promise<GrpcReply> {
  const watch = new Watch();
  let reached: ModelFacts | undefined;
  let reply: GrpcReply;
  try {
    if (house.state === 'starting')
      throw failure('MODEL_NOT_READY', { name: route.method.modelOf(message.body) || 'default' });
    const { request, encode } = route.method.decode(message, house.repository); // 3 interpreter in
    watch.lap('decode');
    const response = await infer(request, call.ticket, house.repository, watch, (facts) => {
      reached = facts;
    });
    reply = { body: encode(response) }; // 11 interpreter out
    watch.lap('encode');
  } catch (error) {
    reply = refuseCall(error, call.id, route, house);
  }
  watch.record(house.metrics, reached, route.method.api, reply.error?.http ?? 200);
  return watch.isTold ? { ...reply, timing: watch.timing() } : reply;
}

/** Answers what does not enter the road. */
export function answerInfo(
  route: Pick<GrpcRoute, 'protocol' | 'path'>,
  id: string,
  house: House,
  answer: () => Uint8Array,
): GrpcReply {
  try {
    return { body: answer() };
  } catch (error) {
    return refuseCall(error, id, route, house);
  }
}

/** How an error leaves: what is not meant for clients is logged and replaced. */
export function refuseCall(
  thrown: unknown,
  id: string,
  { protocol, path }: Pick<GrpcRoute, 'protocol' | 'path'>,
  house: House,
): GrpcReply {
  const error = asMdeployError(thrown);
  if (error.http !== 500) return { error, text: protocol.textOf(error) };
  house.log.error({ request_id: id, path, code: error.code, err: error }, error.message);
  const shown = failure('SERVER_FAULT', { request: id });
  return { error: shown, text: protocol.textOf(shown) };
}
