import type { IncomingMessage } from 'node:http';
import { failure, type MdeployError } from '../../core/errors/error.ts';

/**
 * What Node's parser lets through and a server behind a proxy must not: two Host headers (RFC 9112 §3.2) and targets
 * that are not a path (dot segments; a fragment, which the router would cut off), and requests of HTTP/0.9.
 * @param target as `originForm` gives it
 */
export function framingFault(request: IncomingMessage, target: string): MdeployError | undefined {
  const { rawHeaders, headers, httpVersionMajor } = request;
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
  if (!target.startsWith('/') && target !== '*') {
    return invalid('The request target is not a path.', 'Send a path that starts with "/".');
  }
  if (target.includes('/../') || target.endsWith('/..'))
    return invalid('The path has ".." in it.', 'Send the plain path.');
  if (target.includes('#')) return invalid('The request target has a fragment.', 'Send the plain path.');
  return undefined;
}

/**
 * The path and query of a target in absolute form, which proxies send and every server must take (RFC 9112 §3.2.2); the
 * host in it counts as little as the Host header. With a user before the host it is no such target (RFC 9110 §4.2.4).
 */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const authority = /^https?:\/\/[^/?#@]+(?=[/?#]|$)/i.exec(target)?.[0];
  if (authority === undefined) return target;
  const path = target.slice(authority.length);
  return path.startsWith('/') ? path : `/${path}`;
}

function invalid(problem: string, fix: string): MdeployError {
  return failure('REQUEST_INVALID', { problem, fix });
}
