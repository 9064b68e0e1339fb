import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { RawCall, RawReply } from '../protocol.ts';

/** `{"error": "<message> <remedy>"}`: one text, so that a client's log tells the next step, too. */
export function encodeTextError(error: MdeployError, call: Pick<RawCall, 'id'>): RawReply {
  const shown = error.http === 500 ? failure('SERVER_FAULT', { request: call.id }) : error;
  const { retryAfter } = shown.details;
  return {
    status: shown.http,
    headers: {
      'content-type': 'application/json',
      ...(retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter)) }),
    },
    body: JSON.stringify({ error: `${shown.message} ${shown.remedy}` }),
  };
}
