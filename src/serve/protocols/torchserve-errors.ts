import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { RawCall, RawReply } from '../protocol.ts';
import { page } from './torchserve-models.ts';

/** `{"code", "type", "message"}`, the type being the name of TorchServe's exception; the message tells the next step, too. */
export function encodeTorchserveError(error: MdeployError, call: Pick<RawCall, 'id'>): RawReply {
  const shown = error.http === 500 ? failure('SERVER_FAULT', { request: call.id }) : error;
  const { retryAfter } = shown.details;
  const type = typesByCode.get(shown.code) ?? typesByStatus.get(shown.http) ?? 'InternalServerException';
  const reply = page({ code: shown.http, type, message: `${shown.message} ${shown.remedy}` }, shown.http);
  if (retryAfter === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(Math.ceil(retryAfter)) } };
}

const typesByCode = new Map([
  ['MODEL_NOT_FOUND', 'ModelNotFoundException'],
  ['VERSION_NOT_FOUND', 'ModelVersionNotFoundException'],
]);

const typesByStatus = new Map([
  [400, 'BadRequestException'],
  [403, 'InvalidModelVersionException'],
  [404, 'ResourceNotFoundException'],
  [405, 'MethodNotAllowedException'],
  [409, 'ConflictStatusException'],
  [413, 'BadRequestException'],
  [415, 'BadRequestException'],
  [503, 'ServiceUnavailableException'],
  [504, 'RequestTimeoutException'],
  [507, 'OutOfMemoryError'],
]);
