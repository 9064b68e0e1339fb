export type RegistryFault =
  | 'unauthorized'
  | 'denied'
  | 'unavailable'
  | 'tls'
  | 'interrupted'
  | 'unreachable'
  | 'refused';

export interface Classified {
  readonly fault: RegistryFault;
  /** In words; the engine's own where they say it well enough. */
  readonly reason: string;
  /** Trying again can help. */
  readonly transient: boolean;
}

/**
 * The engine reports a failed push as one line of English, put together from the registry's answer and Go's network
 * errors. These are the forms seen from engine 20.10 and registry 2.8; the first that fits decides.
 */
const forms: readonly (readonly [RegExp, RegistryFault, string?])[] = [
  [/no basic auth credentials/, 'unauthorized', 'it wants a login'],
  [
    /unauthorized: |authentication required|incorrect username or password|HTTP 401|401 Unauthorized/,
    'unauthorized',
  ],
  [/^denied|denied: |access to the resource is denied|insufficient_scope|HTTP 403|403 Forbidden/, 'denied'],
  [
    /toomanyrequests|HTTP 429|429 Too Many Requests/i,
    'unavailable',
    'it takes no more requests for now (429)',
  ],
  [/unexpected HTTP status: (5\d\d.*)$/, 'unavailable', 'it answers $1'],
  [/HTTP (5\d\d)/, 'unavailable', 'it answers $1'],
  [
    /server gave HTTP response to HTTPS client/,
    'tls',
    'it speaks plain HTTP, which the engine allows only for insecure-registries',
  ],
  [/x509: (.+)$/, 'tls', '$1'],
  [/tls: (.+)$/, 'tls', '$1'],
  [/lookup (\S+?)(?: on \S+)?: no such host/, 'unreachable', 'the host name $1 is unknown'],
  [/lookup (\S+?)(?: on \S+)?: /, 'unreachable', 'the host name $1 cannot be looked up'],
  [/dial tcp (\S+): connect: connection refused/, 'unreachable', 'nothing listens at $1'],
  [/dial tcp (\S+): connect: (.+)$/, 'unreachable', '$1: $2'],
  [
    /dial tcp (\S+): i\/o timeout|waiting for connection|awaiting headers/,
    'unreachable',
    'it does not answer',
  ],
  [/connection reset by peer/, 'interrupted', 'the connection was reset'],
  [/broken pipe|use of closed network connection/, 'interrupted', 'the connection was closed while sending'],
  [/\bEOF$/, 'interrupted', 'the connection was closed before the answer'],
  [/TLS handshake timeout|i\/o timeout|deadline exceeded/, 'interrupted', 'the connection stalled'],
  [/GOAWAY|stream error|http2: /, 'interrupted', 'the connection was closed by the registry'],
  [/HTTP 413/, 'refused', 'a layer is larger than the registry, or a proxy before it, takes (413)'],
  [
    /HTTP 404|name unknown|NAME_UNKNOWN/,
    'refused',
    'there is no such repository, or no registry at this address (404)',
  ],
  [/unexpected HTTP status: (.+)$/, 'refused', 'it answers $1, as no registry does'],
  [/HTTP (4\d\d)/, 'refused', 'it answers $1'],
];

export function classify(text: string): Classified {
  const line = withoutQueries(text.trim());
  for (const [pattern, fault, words] of forms) {
    const match = pattern.exec(line);
    if (!match) continue;
    const reason = words?.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '') ?? line;
    return { fault, reason, transient: fault === 'unavailable' || fault === 'interrupted' };
  }
  return { fault: 'refused', reason: line, transient: false };
}

// The address of a token server carries the account and what it asks for.
function withoutQueries(text: string): string {
  return text.replace(/\?[^"\s]*/g, '?…');
}
