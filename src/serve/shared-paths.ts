import { asMdeployError, type MdeployError } from '../core/errors/error.ts';
import type { Protocol, RawReply, Route } from './protocol.ts';

/** A route and the protocol whose errors it answers with. */
export interface Served {
  readonly protocol: Protocol;
  readonly route: Route;
}

type InfoRoute = Extract<Route, { kind: 'info' }>;

/**
 * All routes of the protocols, one per method and path. Where several protocols have a path, the one listed first
 * answers it; those that only inform (GET) answer with the keys of all (docs/protocols.md, "Shared paths").
 */
export function sharePaths(protocols: readonly Protocol[]): readonly Served[] {
  const served = new Map<string, Served>();
  for (const protocol of protocols) {
    for (const route of protocol.routes) {
      const key = `${route.method} ${route.path}`;
      const first = served.get(key);
      if (!first || (!isFirst(first.route) && isFirst(route))) served.set(key, { protocol, route });
      else if (canJoin(first.route) && canJoin(route) && first.protocol !== protocol)
        served.set(key, { ...first, route: joined(first.route, route) });
    }
  }
  return [...served.values()];
}

function isFirst(route: Route): boolean {
  return route.kind === 'info' && route.isFirst === true;
}

// What changes something must happen once.
function canJoin(route: Route): route is InfoRoute {
  return route.kind === 'info' && route.method === 'GET' && !isFirst(route);
}

function joined(first: InfoRoute, second: InfoRoute): InfoRoute {
  return {
    ...first,
    answer: async (...asked) => {
      const [a, b] = [await attempt(first, asked), await attempt(second, asked)];
      if ('refusal' in a) {
        if ('refusal' in b) throw a.refusal;
        return b.reply;
      }
      return 'refusal' in b ? a.reply : joinReplies(a.reply, b.reply);
    },
  };
}

type Attempt = { readonly reply: RawReply } | { readonly refusal: MdeployError };

async function attempt(route: InfoRoute, asked: Parameters<InfoRoute['answer']>): Promise<Attempt> {
  try {
    return { reply: await route.answer(...asked) };
  } catch (error) {
    const refusal = asMdeployError(error);
    // A fault of ours must be seen, whatever the other route would say.
    if (refusal.http === 500) throw error;
    return { refusal };
  }
}

function joinReplies(first: RawReply, second: RawReply): RawReply {
  if (first.status === second.status && isBlank(first)) return second;
  const [a, b] = [objectOf(first), objectOf(second)];
  if (!a || !b || first.status !== second.status) return first;
  return { ...first, body: `${JSON.stringify({ ...a, ...b, ...a })}\n` };
}

function isBlank({ body }: RawReply): boolean {
  return typeof body === 'string' && body.trim() === '';
}

function objectOf(reply: RawReply): object | undefined {
  const { body, headers } = reply;
  if (typeof body !== 'string' || !headers['content-type']?.startsWith('application/json')) return undefined;
  const value: unknown = isBlank(reply) ? undefined : JSON.parse(body);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
