import type { IncomingMessage } from 'node:http';
import { failure, type MdeployError } from '../../core/errors/error.ts';

/**
 * What Node's parser lets through and a server behind a proxy must not: two Host headers (RFC 9112 §3.2) and targets
 * that are not a path (absolute form, RFC 9112 §3.2.2; dot segments; a fragment, which the router would cut off), and
 * requests of HTTP/0.9.
 */
export function framingFault(request: IncomingMessage): MdeployError | undefined {
  const { rawHeaders, headers, url = '', httpVersionMajor } = request;
  if (httpVersionMajor < 1) return invalid('The request names no version of HTTP.', 'Send HTTP/1.1.');
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  // Node takes the chunks off and would hand on what is still packed.
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return invalid(
      'The Transfer-Encoding is another than chunked.',
      'Name what packs the body in Content-Encoding.',
    );
  if (hosts > 1) return invalid('The request has two Host headers.', 'Send one.');
  if (url.charCodeAt(0) !== 47 && url !== '*') {
    return invalid('The request target is not a path.', 'Send a path that starts with "/".');
  }
  if (url.includes('/../') || url.endsWith('/..'))
    return invalid('The path has ".." in it.', 'Send the plain path.');
  if (url.includes('#')) return invalid('The request target has a fragment.', 'Send the plain path.');
  return undefined;
}

function invalid(problem: string, fix: string): MdeployError {
  return failure('REQUEST_INVALID', { problem, fix });
}
