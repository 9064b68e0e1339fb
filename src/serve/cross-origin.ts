import type { Decoded, Protocol, RawReply, Route } from './protocol.ts';

/** The headers that let web pages of other origins call the server, as TF Serving sends them. */
const headers = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, GET',
  'access-control-allow-headers': 'Content-Type',
  // Which TF Serving's replies do not need; those of Open Inference with binary tensors do.
  'access-control-expose-headers': '*',
} as const;

/** A protocol whose every reply may be read by pages of other origins. */
export function withCrossOrigin(protocol: Protocol): Protocol {
  return {
    ...protocol,
    routes: protocol.routes.map(openRoute),
    encodeError: (error, call) => open(protocol.encodeError(error, call)),
  };
}

/**
 * Answers what a browser asks before it sends a request of another origin, on every path that has no answer of its own to
 * OPTIONS: TF Serving's has one for all below `/v1/`.
 * @param errors protocol whose errors these paths have
 */
export function preflights(protocols: readonly Protocol[], errors: Protocol): Protocol {
  const routes = protocols.flatMap((protocol) => protocol.routes);
  const own = routes.filter(({ method }) => method === 'OPTIONS').map(({ path }) => path);
  const methods = new Map<string, { readonly path: string; readonly allowed: Set<string> }>();
  for (const { method, path } of routes) {
    if (own.some((other) => other === path || (other.endsWith('*') && path.startsWith(other.slice(0, -1)))))
      continue;
    // Protocols may call the same part of a path by different names.
    const form = path.replace(/(?<!:):\w+/g, ':_');
    const known = methods.get(form) ?? { path, allowed: new Set() };
    methods.set(form, { ...known, allowed: known.allowed.add(method) });
  }
  return {
    ...errors,
    name: 'preflight',
    routes: [...methods.values()].map(({ path, allowed }) => preflight(path, [...allowed].join(', '))),
  };
}

function preflight(path: string, allowed: string): Route {
  const sent = { 'access-control-allow-methods': allowed, 'access-control-allow-headers': '*' };
  const reply = { status: 200, headers: { ...headers, ...sent }, body: '' };
  return { kind: 'info', method: 'OPTIONS', path, api: 'options', answer: () => reply };
}

function openRoute(route: Route): Route {
  if (route.kind === 'info')
    return { ...route, answer: async (...asked) => open(await route.answer(...asked)) };
  const decode = (...call: Parameters<typeof route.decode>): Decoded => {
    const decoded = route.decode(...call);
    return { ...decoded, encode: (response) => open(decoded.encode(response)) };
  };
  return { ...route, decode };
}

function open(reply: RawReply): RawReply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}
