import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { RawCall, RawReply } from '../protocol.ts';

/** `{"error_code", "message"}`; the message tells the next step, too. */
export function encodeMlflowError(error: MdeployError, call: Pick<RawCall, 'id'>): RawReply {
  const shown = error.http === 500 ? failure('SERVER_FAULT', { request: call.id }) : error;
  const { retryAfter } = shown.details;
  return {
    status: shown.http,
    headers: {
      'content-type': 'application/json',
      ...(retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter)) }),
    },
    body: JSON.stringify({ error_code: codeOf(shown), message: `${shown.message} ${shown.remedy}` }),
  };
}

// What MLflow calls a failed enforcement of the model's schema.
function codeOf({ code, http }: MdeployError): string {
  if (code.startsWith('INPUT_') || code === 'COLUMN_MISSING') return 'INVALID_PARAMETER_VALUE';
  if (code === 'ROUTE_NOT_FOUND') return 'ENDPOINT_NOT_FOUND';
  return codes.get(http) ?? 'BAD_REQUEST';
}

const codes = new Map([
  [404, 'RESOURCE_DOES_NOT_EXIST'],
  [413, 'REQUEST_LIMIT_EXCEEDED'],
  [499, 'CANCELLED'],
  [500, 'INTERNAL_ERROR'],
  [501, 'NOT_IMPLEMENTED'],
  [503, 'TEMPORARILY_UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
]);
