import { failure, type MdeployError } from '../../core/errors/error.ts';
import { mediaType } from './media-type.ts';

/** One field of a form. */
export interface FormPart {
  readonly name: string;
  /** Its Content-Type in lower case; empty when there is none. */
  readonly type: string;
  readonly body: Uint8Array;
}

/**
 * The fields of a form: `multipart/form-data` (RFC 7578), as `curl -F` sends it.
 * @param boundary from the Content-Type
 * @throws MdeployError `BODY_MALFORMED`, `REQUEST_INVALID` when there are too many fields
 */
export function readMultipart(body: Uint8Array, boundary: string | undefined): readonly FormPart[] {
  if (!boundary || boundary.length > 70) throw malformed('its Content-Type names no boundary');
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // Before the first boundary stands no line end.
  const mark = Buffer.from(`\r\n--${boundary}`);
  const first = mark.subarray(2);
  if (!bytes.subarray(0, first.length).equals(first)) throw malformed('it does not begin with its boundary');
  const parts: FormPart[] = [];
  let at = first.length;
  while (!isEnd(bytes, at)) {
    if (parts.length === maxParts) throw tooMany();
    const start = afterLine(bytes, at);
    const end = bytes.indexOf(mark, start - 2);
    if (end < 0) throw malformed('its last boundary is missing');
    parts.push(readPart(bytes.subarray(start, Math.max(start, end))));
    at = end + mark.length;
  }
  return parts;
}

function isEnd(bytes: Buffer, at: number): boolean {
  return bytes[at] === DASH && bytes[at + 1] === DASH;
}

function afterLine(bytes: Buffer, at: number): number {
  const end = bytes.indexOf('\r\n', at);
  if (end < 0 || bytes.toString('latin1', at, end).trim() !== '')
    throw malformed('a boundary line is broken');
  return end + 2;
}

function readPart(part: Buffer): FormPart {
  const end = part.indexOf('\r\n\r\n');
  if (end < 0 || end > maxHead) throw malformed('a field has no proper head');
  const headers = new Map<string, string>();
  for (const line of part.toString('utf8', 0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const disposition = mediaType(headers.get('content-disposition'));
  const name = disposition.parameters.get('name');
  if (disposition.type !== 'form-data' || name === undefined) throw malformed('a field has no name');
  return { name, type: mediaType(headers.get('content-type')).type, body: part.subarray(end + 4) };
}

function malformed(reason: string): MdeployError {
  return failure('BODY_MALFORMED', { format: 'multipart form', reason });
}

function tooMany(): MdeployError {
  const problem = `The form has more than ${maxParts} fields.`;
  return failure('REQUEST_INVALID', { problem, fix: 'Send one field per input.' });
}

const maxParts = 1024;
const maxHead = 16 * 1024;
const DASH = 0x2d;
