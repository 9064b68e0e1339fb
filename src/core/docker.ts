import type Docker from 'dockerode';
import type { Environment } from './docker/config.ts';
import { connectionFault } from './docker/connection-fault.ts';
import { type Endpoint, findEndpoint } from './docker/endpoint.ts';
import type { SshAgent } from './docker/ssh-agent.ts';
import { failure } from './errors/error.ts';

/** A Docker engine that answered. */
export interface Engine {
  readonly docker: Docker;
  readonly endpoint: Endpoint;
  /** Of the engine: `20.10.24`. */
  readonly version: string;
  /** The platform images run on there without emulation: `linux/amd64`. */
  readonly platform: string;
}

/** The engine's API level of 20.10, the oldest one that mdeploy is tested with. */
const neededApi = '1.41';
const answerTimeoutMs = 15_000;

/**
 * Finds the engine as the Docker client does and makes sure that it answers. dockerode is loaded only here.
 * @throws MdeployError `ENGINE_ADDRESS_INVALID`, `DOCKER_CONTEXT_UNKNOWN`, `DOCKER_CONFIG_INVALID`,
 *   `ENGINE_UNREACHABLE`, `ENGINE_FORBIDDEN`, `ENGINE_TLS`, `ENGINE_TOO_OLD`
 */
export async function connect(env: Environment = process.env): Promise<Engine> {
  const endpoint = await findEndpoint(env);
  const about = await askVersion(await open(endpoint), endpoint);
  if (!isAtLeast(about.ApiVersion, neededApi)) {
    const { address } = endpoint;
    throw failure('ENGINE_TOO_OLD', { version: about.Version, address, api: about.ApiVersion });
  }
  // A fixed API level gives the same answers from every engine; new ones no longer speak the oldest levels.
  const oldest = about.MinAPIVersion ?? neededApi;
  const docker = await open(endpoint, isAtLeast(oldest, neededApi) ? oldest : neededApi);
  return { docker, endpoint, version: about.Version, platform: `${about.Os}/${about.Arch}` };
}

type About = Awaited<ReturnType<Docker['version']>>;

async function open(endpoint: Endpoint, api?: string): Promise<Docker> {
  const { default: Dockerode } = await import('dockerode');
  const version = api === undefined ? undefined : `v${api}`;
  // Every field is named: what is left out, dockerode fills in from DOCKER_HOST by rules of its own.
  const none = { socketPath: undefined, host: undefined, port: undefined, agent: undefined } as const;
  const plain = { ca: undefined, cert: undefined, key: undefined, protocol: 'http' } as const;
  if (endpoint.kind === 'socket')
    return make(Dockerode, { ...none, ...plain, socketPath: endpoint.path, version });
  if (endpoint.kind === 'ssh') {
    const { SshAgent } = await import('./docker/ssh-agent.ts');
    return make(Dockerode, { ...none, ...plain, host: 'docker', agent: new SshAgent(endpoint), version });
  }
  const { host, port, tls } = endpoint;
  const address = { ...none, ...plain, host: host.includes(':') ? `[${host}]` : host, port, version };
  if (!tls) return make(Dockerode, address);
  const { Agent } = await import('node:https');
  const { verify, ...material } = tls;
  const agent = new Agent({ ...material, rejectUnauthorized: verify });
  return make(Dockerode, { ...address, ...material, protocol: 'https', agent });
}

// Its types know neither `undefined` as "not this one" nor an agent.
function make(Dockerode: typeof Docker, options: object): Docker {
  const saved = process.env.DOCKER_HOST;
  // With DOCKER_HOST set, its constructor reads certificates again, from wherever it thinks they are.
  delete process.env.DOCKER_HOST;
  try {
    return new Dockerode(options as Docker.DockerOptions);
  } finally {
    if (saved !== undefined) process.env.DOCKER_HOST = saved;
  }
}

async function askVersion(docker: Docker, endpoint: Endpoint): Promise<About> {
  const abortSignal = AbortSignal.timeout(answerTimeoutMs);
  const ask = docker.version as (options: { abortSignal: AbortSignal }) => Promise<About>;
  try {
    const about = await ask.call(docker, { abortSignal });
    if (typeof about?.ApiVersion === 'string') return about;
  } catch (error) {
    throw connectionFault(error, endpoint, endpoint.kind === 'ssh' ? await sshWords(docker) : '');
  }
  throw connectionFault(new Error('what answers there is not a Docker engine'), endpoint);
}

function sshWords(docker: Docker): Promise<string> {
  return (docker.modem as unknown as { readonly agent: SshAgent }).agent.lastWords();
}

function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
