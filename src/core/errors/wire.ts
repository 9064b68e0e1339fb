import type { ErrorCode } from './catalogue.ts';
import { asMdeployError, type ErrorDetails, MdeployError } from './error.ts';

/** An error on its way to another process; what caused it stays behind, its stack is kept. */
export interface PackedError {
  readonly code: ErrorCode;
  readonly params: Readonly<Record<string, string | number>>;
  readonly details: Omit<ErrorDetails, 'cause' | 'others'>;
  readonly others: readonly PackedError[];
  readonly stack: string | undefined;
}

export function packError(thrown: unknown): PackedError {
  const error = asMdeployError(thrown);
  const { cause: _, others = [], ...details } = error.details;
  const { code, params, stack } = error;
  return { code, params, details, others: others.map(packError), stack };
}

export function unpackError({ code, params, details, others, stack }: PackedError): MdeployError {
  const all = others.length > 0 ? { ...details, others: others.map(unpackError) } : details;
  const error = new MdeployError(code, params, all);
  if (stack !== undefined) error.stack = stack;
  return error;
}
