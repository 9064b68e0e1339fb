import { failure, type MdeployError } from '../../core/errors/error.ts';
import { JsonFault } from '../codecs/json-cursor.ts';
import type { RawCall, RawReply } from '../protocol.ts';

/** Notes what TF Serving says in the situation of an error; the error itself stays what it is for logs and metrics. */
export function worded(error: MdeployError, text = error.message): MdeployError {
  wordings.set(error, text);
  return error;
}

/** `{"error": "<message>"}` with the status TF Serving maps the situation to. */
export function encodeTfsError(error: MdeployError, call: Pick<RawCall, 'id' | 'method' | 'path'>): RawReply {
  const shown = error.http === 500 ? failure('SERVER_FAULT', { request: call.id }) : error;
  const { retryAfter } = shown.details;
  return {
    status: malformed.has(shown.code) ? 400 : shown.http,
    headers: {
      'content-type': 'application/json',
      ...(retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter)) }),
    },
    body: `${JSON.stringify({ error: textOf(shown, call) }, null, 4)}\n`,
  };
}

function textOf(error: MdeployError, call: Pick<RawCall, 'id' | 'method' | 'path'>): string {
  const text = wordings.get(error);
  if (text !== undefined) return text;
  if (error.cause instanceof JsonFault) {
    const { reason, offset } = error.cause;
    return reason === 'The document is empty'
      ? `JSON Parse error: ${reason}`
      : `JSON Parse error: ${reason}. at offset: ${offset}`;
  }
  if (malformed.has(error.code)) return `Malformed request: ${call.method} ${call.path}`;
  const { name, version, label } = targetOf(call.path);
  if (error.code === 'MODEL_NOT_FOUND' || error.code === 'VERSION_NOT_FOUND')
    return `Servable not found for request: ${version === undefined ? `Latest(${name})` : `Specific(${name}, ${version})`}`;
  if (error.code === 'LABEL_NOT_FOUND') return `Unrecognized servable version label: ${label}`;
  return plainText(error);
}

/** The text of an error whose situation TF Serving has no words for, or that was worded where it was thrown. */
export function plainText(error: MdeployError): string {
  const text = wordings.get(error);
  if (text !== undefined) return text;
  // TF Serving has no field for a remedy; a client's log should still tell the next step.
  return error.code === 'SERVER_FAULT' || error.code.startsWith('INPUT_')
    ? `${error.message} ${error.remedy}`
    : error.message;
}

function targetOf(path: string): { name: string; version?: string; label?: string } {
  const found = /^\/v1\/models\/([^/:]+)(?:\/(versions|labels)\/([^/:]+))?/.exec(path);
  const name = decode(found?.[1] ?? '');
  const value = found?.[3];
  if (value === undefined) return { name };
  return found?.[2] === 'versions' ? { name, version: decode(value) } : { name, label: decode(value) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What TF Serving calls a malformed request: a path it does not know, or the wrong verb for it. */
const malformed = new Set(['ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED']);

const wordings = new WeakMap<MdeployError, string>();
