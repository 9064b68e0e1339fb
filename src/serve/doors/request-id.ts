import { randomBytes } from 'node:crypto';

/** The client's id when it is harmless in a log line and a header, else one of our own. */
export function nextRequestId(given: string | string[] | undefined): string {
  if (typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given)) return given;
  counter += 1;
  return `${prefix}-${counter.toString(36)}`;
}

// Unique over processes by the prefix, within one by the counter: random bytes per request would cost more than a run.
const prefix = randomBytes(6).toString('base64url').replaceAll('-', '_');
let counter = 0;
