import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../errors/error.ts';
import { dockerFolder, type Environment, readDockerConfig } from './config.ts';
import { readContext } from './contexts.ts';
import { readTls, type Tls } from './tls.ts';

interface Origin {
  /** As the user wrote it, for messages. */
  readonly address: string;
  /** Who named it: `DOCKER_HOST`, `Docker context "ci"`, `default`. */
  readonly source: string;
}

/** Where the Docker engine is and how to speak to it. */
export type Endpoint = Origin &
  (
    | { readonly kind: 'socket'; readonly path: string }
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: Tls }
    | { readonly kind: 'ssh'; readonly user?: string; readonly host: string; readonly port?: number }
  );

/**
 * Finds the engine in the Docker client's own order: DOCKER_HOST, DOCKER_CONTEXT, the current context of
 * config.json, the default socket.
 * @throws MdeployError `ENGINE_ADDRESS_INVALID`, `DOCKER_CONTEXT_UNKNOWN`, `DOCKER_CONFIG_INVALID`, `ENGINE_TLS`
 */
export async function findEndpoint(env: Environment = process.env): Promise<Endpoint> {
  if (env.DOCKER_HOST) {
    const wantsTls = Boolean(env.DOCKER_TLS_VERIFY) || Boolean(env.DOCKER_TLS);
    const folder = env.DOCKER_CERT_PATH || dockerFolder(env);
    const tls = wantsTls ? { folder, verify: Boolean(env.DOCKER_TLS_VERIFY), required: true } : undefined;
    return parseAddress({ address: env.DOCKER_HOST, source: 'DOCKER_HOST' }, tls);
  }
  const asked = env.DOCKER_CONTEXT
    ? { name: env.DOCKER_CONTEXT, source: 'DOCKER_CONTEXT' }
    : await currentContext(env);
  if (asked === undefined || asked.name === 'default') return defaultEndpoint(env);
  const context = await readContext(asked.name, asked.source, env);
  const origin = { address: context.host, source: `Docker context "${context.name}"` };
  return parseAddress(origin, { folder: context.tlsFolder, verify: !context.skipTlsVerify, required: false });
}

/** True when a port published on the engine's loopback is on this machine's loopback. */
export function isLocal(endpoint: Endpoint): boolean {
  if (endpoint.kind !== 'tcp') return endpoint.kind === 'socket';
  return /^(localhost|127(\.\d+){3}|::1)$/.test(endpoint.host);
}

interface TlsWish {
  readonly folder: string;
  readonly verify: boolean;
  /** False: no files, no TLS (a context for a plain tcp engine). */
  readonly required: boolean;
}

async function currentContext(env: Environment) {
  const { currentContext: name, file } = await readDockerConfig(env);
  return name === undefined ? undefined : { name, source: `currentContext in ${file}` };
}

async function defaultEndpoint(env: Environment): Promise<Endpoint> {
  const path = process.platform === 'win32' ? '//./pipe/docker_engine' : await defaultSocket(env);
  const scheme = process.platform === 'win32' ? 'npipe' : 'unix';
  return { kind: 'socket', path, address: `${scheme}://${path}`, source: 'default' };
}

// Docker Desktop on Linux and macOS keeps its socket in the home folder and need not make the system-wide link.
async function defaultSocket(env: Environment): Promise<string> {
  const system = '/var/run/docker.sock';
  const desktop = join(env.HOME || homedir(), '.docker/run/docker.sock');
  const exists = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );
  return !(await exists(system)) && (await exists(desktop)) ? desktop : system;
}

async function parseAddress(origin: Origin, wish: TlsWish | undefined): Promise<Endpoint> {
  const { address } = origin;
  const invalid = (reason: string) =>
    failure('ENGINE_ADDRESS_INVALID', { ...origin, address: withoutPassword(address), reason });
  const local = /^(?:unix|npipe):\/\/(.*)$/s.exec(address)?.[1];
  if (local === '') throw invalid('the path of the socket is missing');
  if (local !== undefined) return { kind: 'socket', path: local, ...origin };
  const full = address.includes('://') ? address : `tcp://${address}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || url.hostname === '') throw invalid('it is not an address');
  if (url.password !== '') throw invalid('it holds a password');
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw invalid('there is something behind host and port');
  // ssh takes options from its command line: a name that begins with a dash must never get there.
  if (!/^([A-Za-z0-9_][\w.-]*)?$/.test(url.username)) throw invalid('the user name is not plain');
  if (url.hostname.startsWith('-')) throw invalid('the host name begins with a dash');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? undefined : Number(url.port);
  if (url.protocol === 'ssh:') {
    const user = url.username === '' ? {} : { user: url.username };
    return { kind: 'ssh', host, ...origin, ...user, ...(port !== undefined && { port }) };
  }
  if (url.protocol !== 'tcp:') throw invalid(`${url.protocol}// is not supported`);
  const tls = await readTls(wish, origin);
  return { kind: 'tcp', host, port: port ?? (tls ? 2376 : 2375), ...origin, ...(tls && { tls }) };
}

function withoutPassword(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//…@');
}
