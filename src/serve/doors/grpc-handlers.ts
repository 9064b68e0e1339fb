import { once } from 'node:events';
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { failure } from '../../core/errors/error.ts';
import type { Ticket } from '../../runtime/waiting-room.ts';
import { answerInfo, answerMessage, type GrpcReply, type GrpcRoute, refuseCall } from '../grpc-answer.ts';
import type { GrpcMethod } from '../grpc-protocol.ts';
import type { House } from '../house.ts';
import type { ServerFacts } from '../protocol.ts';
import { type Call, idOf, serviceError, ticketOf, trailersOf } from './grpc-call.ts';
import type { OpenStreams } from './open-streams.ts';

interface Handler {
  readonly type: 'unary' | 'serverStream' | 'bidi';
  readonly handle:
    | handleUnaryCall<Buffer, Uint8Array>
    | handleServerStreamingCall<Buffer, Uint8Array>
    | handleBidiStreamingCall<Buffer, Uint8Array>;
}

/** What grpc-js calls for a method: one of three kinds. */
export function handlerOf(route: GrpcRoute, house: House, streams: OpenStreams): Handler {
  const { method } = route;
  if (method.kind === 'watch') {
    const handle = (call: ServerWritableStream<Buffer, Uint8Array>) =>
      watch(call, { ...route, method }, house, streams);
    return { type: 'serverStream', handle };
  }
  if (method.kind === 'infer' && method.isServerStream)
    return { type: 'serverStream', handle: oneOff(route, house) };
  const isStream = method.kind === 'info' ? method.isStream === true : method.encodeRefusal !== undefined;
  if (!isStream) return { type: 'unary', handle: unary(route, house) };
  const handle = (call: ServerDuplexStream<Buffer, Uint8Array>) => {
    converse(call, route, house, streams).catch((error: unknown) => {
      // A client that goes away in the middle ends its stream, which is no fault.
      if (!call.cancelled) fail(call, refuseCall(error, idOf(call), route, house), idOf(call));
    });
  };
  return { type: 'bidi', handle };
}

function unary(route: GrpcRoute, house: House): handleUnaryCall<Buffer, Uint8Array> {
  return (call, callback) =>
    answerOnce(call, route, house, (reply, id) => {
      if (reply.error) callback(serviceError(reply, id));
      else callback(null, reply.body, trailersOf(id, reply.timing));
    });
}

/** A stream of one message. */
function oneOff(route: GrpcRoute, house: House): handleServerStreamingCall<Buffer, Uint8Array> {
  return (call) =>
    answerOnce(call, route, house, (reply, id) => {
      if (reply.error) return fail(call, reply, id);
      call.write(reply.body);
      call.end(trailersOf(id, reply.timing));
    });
}

function answerOnce(
  call: Call & { readonly request: Buffer },
  route: GrpcRoute,
  house: House,
  send: (reply: GrpcReply, id: string) => void,
): void {
  const started = performance.now();
  const id = idOf(call);
  const finish = (reply: GrpcReply) => {
    if (house.log.isLevelEnabled('debug')) {
      const ms = Number((performance.now() - started).toFixed(3));
      const code = reply.error?.grpc ?? 'OK';
      house.log.debug({ request_id: id, method: 'POST', path: route.path, status: code, ms }, 'request');
    }
    send(reply, id);
  };
  answer(call.request, { id, ticket: ticketOf(call, started, house) }, route, house).then(
    finish,
    (error: unknown) => finish(refuseCall(error, id, route, house)),
  );
}

/** One answer per message, in their order, one at a time. */
async function converse(
  call: ServerDuplexStream<Buffer, Uint8Array>,
  route: GrpcRoute,
  house: House,
  streams: OpenStreams,
): Promise<void> {
  const id = idOf(call);
  let isAnswering = false;
  // An error while the messages are iterated would destroy the stream before its status is sent: it comes behind.
  let refusal: GrpcReply | undefined;
  const leave = () => fail(call, refuseCall(failure('SHUTTING_DOWN', {}), id, route, house), id);
  const stay = streams.add(() => isAnswering || leave());
  try {
    for await (const body of call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      isAnswering = true;
      const reply = await answer(
        body,
        { id, ticket: ticketOf(call, performance.now(), house) },
        route,
        house,
      );
      isAnswering = false;
      if (call.cancelled) return;
      const { method } = route;
      if (!reply.error) await write(call, reply.body);
      else if (method.kind === 'infer' && method.encodeRefusal)
        await write(call, method.encodeRefusal({ body, maxBytes: house.maxBodyBytes }, reply.text));
      else refusal = reply;
      if (refusal || streams.isEnding) break;
    }
    if (refusal) fail(call, refusal, id);
    else if (streams.isEnding) leave();
    else call.end();
  } finally {
    stay();
  }
}

function watch(
  call: ServerWritableStream<Buffer, Uint8Array>,
  route: GrpcRoute & { readonly method: Extract<GrpcMethod, { kind: 'watch' }> },
  house: House,
  streams: OpenStreams,
): void {
  const id = idOf(call);
  let last: Uint8Array | undefined;
  const look = () => {
    const reply = answerInfo(route, id, house, () => route.method.look(call.request, house));
    if (reply.error) return fail(call, reply, id);
    if (last && Buffer.compare(last, reply.body) === 0) return;
    last = reply.body;
    call.write(reply.body);
  };
  // An engine's death announces itself to nobody, so the watchers look.
  const timer = setInterval(look, 100);
  const leave = streams.add(() => {
    look();
    call.end();
  });
  call.once('close', () => {
    clearInterval(timer);
    leave();
  });
  look();
}

function answer(
  body: Buffer,
  call: { readonly id: string; readonly ticket: Ticket },
  route: GrpcRoute,
  house: House,
): Promise<GrpcReply> {
  const { method } = route;
  if (method.kind === 'infer') {
    return answerMessage({ body, maxBytes: house.maxBodyBytes }, call, { ...route, method }, house);
  }
  if (method.kind === 'info' && method.change && house.changes) {
    const changed = method.change(body, house.changes, house.repository);
    return changed.then(
      (reply) => ({ body: reply }),
      (error: unknown) => refuseCall(error, call.id, route, house),
    );
  }
  const told = (server: ServerFacts) => {
    const reply = answerInfo(route, call.id, house, () =>
      method.kind === 'info' ? method.answer(body, house.repository, server) : method.look(body, server),
    );
    if (reply.error) house.metrics.reject(method.api, reply.error.http);
    return reply;
  };
  if (method.kind !== 'info' || !method.isCounted) return Promise.resolve(told(house));
  return house.overall().then(({ metrics }) => told({ ...house, metrics }));
}

async function write(call: ServerDuplexStream<Buffer, Uint8Array>, body: Uint8Array): Promise<void> {
  if (!call.write(body)) await Promise.race([once(call, 'drain'), once(call, 'close')]);
}

function fail(
  call: ServerDuplexStream<Buffer, Uint8Array> | ServerWritableStream<Buffer, Uint8Array>,
  reply: GrpcReply,
  id: string,
): void {
  if (reply.error && !call.destroyed) call.emit('error', serviceError(reply, id));
}
