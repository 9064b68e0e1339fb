import type { Decoded, Protocol, RawReply, Route } from './protocol.ts';

/** The headers that let web pages of other origins call the server, as TF Serving sends them. */
const headers = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, GET',
  'access-control-allow-headers': 'Content-Type',
} as const;

/** A protocol whose every reply may be read by pages of other origins. */
export function withCrossOrigin(protocol: Protocol): Protocol {
  return {
    ...protocol,
    routes: protocol.routes.map(openRoute),
    encodeError: (error, call) => open(protocol.encodeError(error, call)),
  };
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
