import FindMyWay, { type HTTPMethod } from 'find-my-way';
import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { Protocol, Route } from '../protocol.ts';
import { type Served, sharePaths } from '../shared-paths.ts';

export interface Match {
  readonly protocol: Protocol;
  readonly route: Route;
  readonly params: Readonly<Record<string, string | undefined>>;
}

export interface NoMatch {
  /** The protocol whose prefix the path lies under, or the door's own dialect. */
  readonly protocol: Protocol;
  readonly error: MdeployError;
}

/** Names of 128 characters of four bytes each, percent-encoded. */
const maxParamLength = 128 * 12;
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const;

/** Method and path → route of a protocol. Paths are decoded once and looked up in a table; they never reach a disk. */
export class Router {
  readonly #table = FindMyWay({ maxParamLength, ignoreTrailingSlash: true });
  readonly #protocols: readonly Protocol[];
  readonly #fallback: Protocol;

  /** @param fallback renders the errors of paths that belong to no protocol */
  constructor(protocols: readonly Protocol[], fallback: Protocol) {
    this.#protocols = protocols;
    this.#fallback = fallback;
    for (const served of sharePaths(protocols))
      this.#table.on(served.route.method as HTTPMethod, served.route.path, unused, served);
  }

  match(method: string, path: string): Match | NoMatch {
    // A HEAD answer is a GET answer whose body Node leaves out.
    const found = this.#find(method === 'HEAD' ? 'GET' : method, path);
    if (found) return found;
    const allowed = methods.filter((other) => this.#find(other, path));
    const protocol =
      this.#protocols.find(({ owns }) => owns !== undefined && path.startsWith(owns)) ?? this.#fallback;
    if (allowed.length === 0) return { protocol, error: failure('ROUTE_NOT_FOUND', { method, path }) };
    const expected = allowed.join(', ');
    return {
      protocol: this.#find(allowed[0]!, path)?.protocol ?? protocol,
      error: failure(
        'METHOD_NOT_ALLOWED',
        { method, path, allowed: expected },
        { expected, received: method },
      ),
    };
  }

  #find(method: string, path: string): Match | undefined {
    const found = this.#table.find(method as HTTPMethod, path);
    if (!found) return undefined;
    return { ...(found.store as Served), params: found.params };
  }
}

// find-my-way wants a handler; only its table is used.
function unused(): void {
  throw new Error('routes are answered by the door');
}
