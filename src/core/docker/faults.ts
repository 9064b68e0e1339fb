import { failure, MdeployError } from '../errors/error.ts';
import { reasonOf } from '../files.ts';

/**
 * A call of the engine that failed, as an error with a row. `step` completes "The engine refused: …".
 * What is an MdeployError already passes through.
 */
export function engineFault(error: unknown, step: string): MdeployError {
  if (error instanceof MdeployError) return error;
  if (isConnectionLost(error)) return failure('ENGINE_LOST', { step }, { cause: error });
  const reason = engineReason(error);
  if (isDiskFull(reason)) return failure('ENGINE_DISK_FULL', { step }, { cause: error });
  return failure('ENGINE_REFUSED', { step, reason }, { cause: error });
}

export function isDiskFull(reason: string): boolean {
  return /no space left on device|disk quota exceeded/i.test(reason);
}

/** True when the connection itself failed, not the work: the engine ended, or the network did. */
export function isConnectionLost(error: unknown): boolean {
  const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number };
  return statusCode === undefined && lostCodes.has(code ?? '');
}

const lostCodes = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ENOENT', 'ECONNABORTED', 'ETIMEDOUT']);

/** The engine's own words, without the frame that dockerode puts round them. */
export function engineReason(error: unknown): string {
  const { json } = (error ?? {}) as { json?: { message?: unknown } | null };
  if (typeof json?.message === 'string') return json.message.trim();
  return reasonOf(error)
    .replace(/^\(HTTP code \d+\) [\w ]+ - /, '')
    .trim();
}
