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
    const shared = sharePaths(protocols);
    for (const served of shared) {
      const { method, path } = served.route;
      // Of one method, the table itself prefers the path that is named.
      const others = shared.filter(({ route }) => route.method !== method);
      const nearer = others.flatMap(({ route }) => (isNearer(route.path, path) ? [route] : []));
      this.#table.on(method as HTTPMethod, path, unused, { ...served, nearer } satisfies Entry);
    }
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
    const { protocol, route, nearer } = found.store as Entry;
    // DELETE of `/models/iris/invoke` does not mean a version "invoke": that path is there for POST only.
    const isHidden = nearer.some((other) => this.#pathOf(other.method, path) === other.path);
    return isHidden ? undefined : { protocol, route, params: found.params };
  }

  #pathOf(method: string, path: string): string | undefined {
    const found = this.#table.find(method as HTTPMethod, path);
    return found ? (found.store as Entry).route.path : undefined;
  }
}

interface Entry extends Served {
  /** Routes of other methods that name a part of the path which this one takes for a parameter. */
  readonly nearer: readonly Route[];
}

function isNearer(path: string, than: string): boolean {
  const [words, others] = [path.split('/'), than.split('/')];
  if (words.length !== others.length) return false;
  const kinds = words.map((word, index) => kindOf(word, others[index]!));
  return kinds.includes('named') && !kinds.includes('other');
}

function kindOf(word: string, other: string): 'same' | 'named' | 'other' {
  if (word === other || (isParameter(word) && isParameter(other))) return 'same';
  return isParameter(other) ? 'named' : 'other';
}

function isParameter(word: string): boolean {
  return /^:\w+$/.test(word);
}

// find-my-way wants a handler; only its table is used.
function unused(): void {
  throw new Error('routes are answered by the door');
}
