import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { asMdeployError, type MdeployError } from '../../core/errors/error.ts';
import { within } from '../../core/within.ts';
import type { Ticket } from '../../runtime/waiting-room.ts';
import type { House } from '../house.ts';
import { answer, refuse } from '../infer.ts';
import type { RawCall, RawReply } from '../protocol.ts';
import { readBody } from './body.ts';
import { Busy } from './busy.ts';
import { framingFault, originForm } from './framing.ts';
import { type Address, type Gate, type OpenGate, openPort } from './gate.ts';
import { nextRequestId } from './request-id.ts';
import type { Match, NoMatch, Router } from './router.ts';
import { send } from './send.ts';

export interface HttpDoor {
  readonly host: string;
  readonly port: number;
  /**
   * Takes no more connections and waits for requests in progress.
   * @returns whether all of them were finished within the grace (milliseconds)
   */
  close(graceMs: number): Promise<boolean>;
}

/**
 * Rooms 1 and 12: socket → raw call, reply → socket.
 * @throws MdeployError `PORT_IN_USE`, `ADDRESS_UNAVAILABLE`
 */
export async function openHttpDoor(
  house: House,
  router: Router,
  at: Address,
  openGate: OpenGate = openPort,
  limits: SlowLimits = usual,
): Promise<HttpDoor> {
  const busy = new Busy();
  const take = (request: IncomingMessage, response: ServerResponse, refusedUpload = false) => {
    busy.until(response);
    handle(request, response, router, house, refusedUpload).catch((error: unknown) => {
      house.log.error({ err: error }, 'a reply could not be written');
      response.destroy();
    });
  };
  const server = createServer({ ...limits, maxHeaderSize }, (request, response) => take(request, response));
  server.maxRequestsPerSocket = 0;
  // A refused upload must not be sent first; a client that then keeps it back has an unusable connection.
  server.on('checkContinue', (request, response) => {
    const refused = Number(request.headers['content-length'] ?? 0) > house.maxBodyBytes;
    if (!refused) response.writeContinue();
    take(request, response, refused);
  });
  const gate = await openGate(
    'http',
    at,
    (socket) => server.emit('connection', socket),
    // Who is connected stays served.
    (error) => house.log.error({ err: error }, 'a connection could not be taken'),
  );
  // What a listener of its own would set off: slow connections are looked for.
  server.emit('listening');
  return { host: gate.host, port: gate.port, close: (graceMs) => close(gate, busy, graceMs) };
}

/** Milliseconds; slow and idle clients lose their connection, well-behaved proxies keep theirs. */
export interface SlowLimits {
  readonly headersTimeout: number;
  /** For header and body together. */
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  readonly connectionsCheckingInterval: number;
}

const usual: SlowLimits = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
};
const maxHeaderSize = 16 * 1024;

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  router: Router,
  house: House,
  refusedUpload: boolean,
): Promise<void> {
  const started = performance.now();
  const id = nextRequestId(request.headers['x-request-id']);
  const method = request.method ?? 'GET';
  const url = originForm(request.url ?? '/');
  const queryAt = url.indexOf('?');
  const path = queryAt < 0 ? url : url.slice(0, queryAt);
  const found = router.match(method, path);
  const call = { id, method, path };
  let reply: RawReply;
  const misframed = framingFault(request, url);
  // The parser may be about to refuse the rest of it, which would cut off a reply that is on its way.
  if (misframed) await nextTurn();
  try {
    const fault = misframed ?? ('error' in found ? found.error : undefined);
    if (fault) throw fault;
    const match = found as Match;
    const body = method === 'POST' || method === 'PUT' ? await readBody(request, house.maxBodyBytes) : noBody;
    const query = queryAt < 0 ? noQuery : new URLSearchParams(url.slice(queryAt + 1));
    const raw: RawCall = { ...call, params: match.params, query, headers: request.headers, body };
    reply = await dispatch(raw, match, ticketOf(response, started, house), house);
  } catch (error) {
    reply = refused(asMdeployError(error), call, found, house);
  }
  if (house.log.isLevelEnabled('debug')) {
    const ms = Number((performance.now() - started).toFixed(3));
    house.log.debug({ request_id: id, method, path, status: reply.status, ms }, 'request');
  }
  // What follows a request that was framed wrongly cannot be trusted (RFC 9112 §11.2).
  const close = misframed !== undefined || refusedUpload || house.state === 'draining';
  send(request, response, reply, { id, close });
}

function dispatch(
  call: RawCall,
  { protocol, route }: Match,
  ticket: Ticket,
  house: House,
): RawReply | Promise<RawReply> {
  if (route.kind === 'infer') return answer(call, ticket, { protocol, route }, house);
  if (!route.isCounted) return route.answer(call, house.repository, house);
  return house.overall().then(({ metrics }) => route.answer(call, house.repository, { ...house, metrics }));
}

function refused(
  error: MdeployError,
  call: Pick<RawCall, 'id' | 'method' | 'path'>,
  found: Match | NoMatch,
  house: House,
): RawReply {
  const reply = refuse(error, call, found.protocol, house);
  house.metrics.reject('route' in found ? found.route.api : 'none', reply.status);
  return reply;
}

function ticketOf(response: ServerResponse, started: number, house: House): Ticket {
  return {
    deadline: started + house.timeoutMs,
    limitMs: house.timeoutMs,
    whenGone: (leave) => {
      if (response.destroyed) {
        const soon = setImmediate(leave);
        return () => clearImmediate(soon);
      }
      response.once('close', leave);
      return () => response.off('close', leave);
    },
  };
}

async function close(gate: Gate, busy: Busy, graceMs: number): Promise<boolean> {
  const end = performance.now() + graceMs;
  // Connections that were taken a moment ago are about to send their request.
  const closed = gate.close();
  await within(Math.min(newcomersMs, graceMs), closed);
  // Connections that have sent half a header, or nothing yet, are not waited for.
  const inTime = await within(end - performance.now(), busy.whenIdle());
  gate.cut();
  await closed;
  return inTime ?? false;
}

/** Time for a connection to send its request after the listener has closed, milliseconds. */
const newcomersMs = 250;
const noBody = new Uint8Array(0);
const noQuery = new URLSearchParams();
