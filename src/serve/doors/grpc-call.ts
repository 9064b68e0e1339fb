import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Ticket } from '../../runtime/waiting-room.ts';
import type { GrpcReply } from '../grpc-answer.ts';
import type { House } from '../house.ts';
import { nextRequestId } from './request-id.ts';

/** What all kinds of calls have. */
export interface Call {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  once(event: 'cancelled', listener: () => void): unknown;
  off(event: 'cancelled', listener: () => void): unknown;
}

/** Deadline of the client and of the manifest, whichever is first; a cancelled call leaves the queue. */
export function ticketOf(call: Call, started: number, house: House): Ticket {
  // Infinity when the client set none.
  const leftMs = Number(call.getDeadline()) - Date.now();
  const limitMs = Math.max(0, Math.min(house.timeoutMs, Math.ceil(leftMs)));
  return {
    deadline: started + limitMs,
    limitMs,
    whenGone: (leave) => {
      if (call.cancelled) {
        const soon = setImmediate(leave);
        return () => clearImmediate(soon);
      }
      call.once('cancelled', leave);
      return () => call.off('cancelled', leave);
    },
  };
}

/** A refusal as grpc-js sends it. */
export function serviceError(
  { error, text, timing }: Extract<GrpcReply, { text: string }>,
  id: string,
): ServiceError {
  const { retryAfter } = error.details;
  const metadata = trailersOf(id, timing);
  // gRFC A6: a server says when a client that retries by itself may do so.
  if (retryAfter !== undefined) metadata.set('grpc-retry-pushback-ms', String(Math.ceil(retryAfter * 1000)));
  // The transport percent-encodes the text, which throws on half a character.
  const details = text.toWellFormed();
  return Object.assign(new Error(details), { code: status[error.grpc], details, metadata });
}

export function trailersOf(id: string, timing?: string): Metadata {
  const metadata = new Metadata();
  metadata.set('x-request-id', id);
  if (timing !== undefined) metadata.set('server-timing', timing);
  return metadata;
}

export function idOf({ metadata }: { readonly metadata: Metadata }): string {
  return nextRequestId(metadata.get('x-request-id')[0]?.toString());
}
