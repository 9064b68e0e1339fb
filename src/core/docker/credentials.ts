import { failure } from '../errors/error.ts';
import { type DockerConfig, type Environment, isObject, readDockerConfig } from './config.ts';
import { askHelper, type Credentials } from './credential-helper.ts';

/** The engine's own shape of it (Engine API, "Authentication"). */
export interface AuthConfig {
  username?: string;
  password?: string;
  identitytoken?: string;
  serveraddress: string;
}

/** Docker Hub's key in config.json, which is not its host name. */
const hubKey = 'https://index.docker.io/v1/';

/**
 * Looks where the Docker client does, after mdeploy's own variables: MDEPLOY_REGISTRY_USERNAME and _PASSWORD, the
 * registry's credential helper, the credential store, `auths`. Nothing found: anonymous.
 * @param use a manifest may name any base image: a pull gets mdeploy's variables only when MDEPLOY_REGISTRY names its registry
 * @throws MdeployError `CREDENTIALS_UNREADABLE`, `DOCKER_CONFIG_INVALID`
 */
export async function findCredentials(
  registry: string,
  env: Environment,
  use: 'push' | 'pull',
): Promise<Credentials | undefined> {
  const fromEnvironment = isMeant(registry, env, use) ? readEnvironment(registry, env) : undefined;
  if (fromEnvironment) return fromEnvironment;
  const config = await readDockerConfig(env);
  const helper = helperOf(registry, config);
  if (helper !== undefined) {
    const found = await askHelper(helper.name, keysOf(registry)[0]!, helper.source, registry, env);
    if (found) return found;
  }
  for (const [key, entry] of config.auths) {
    if (keysOf(registry).includes(key) || hostOf(key) === registry) {
      const found = readEntry(registry, entry, `${config.file}`);
      if (found) return found;
    }
  }
  return undefined;
}

export function toAuthConfig(registry: string, found: Credentials | undefined): AuthConfig {
  const serveraddress = keysOf(registry)[0]!;
  if (found === undefined) return { serveraddress };
  if (found.identityToken !== undefined) return { identitytoken: found.identityToken, serveraddress };
  return { username: found.username ?? '', password: found.password ?? '', serveraddress };
}

/** `registry.example:5000` of `registry.example:5000/team/iris`; `docker.io` where the name has no host in it. */
export function registryOf(repository: string): string {
  const slash = repository.indexOf('/');
  const first = slash < 0 ? '' : repository.slice(0, slash);
  return hasRegistry(repository) ? first : 'docker.io';
}

/** The first part of a name is a host when it has a dot, a port or a capital, or is localhost (distribution/reference). */
export function hasRegistry(repository: string): boolean {
  const [first, ...rest] = repository.split('/');
  return rest.length > 0 && /[.:A-Z]|^localhost$/.test(first!);
}

function isMeant(registry: string, env: Environment, use: 'push' | 'pull'): boolean {
  const { MDEPLOY_REGISTRY: only = '' } = env;
  return only === '' ? use === 'push' : only === registry;
}

function readEnvironment(registry: string, env: Environment): Credentials | undefined {
  const username = env.MDEPLOY_REGISTRY_USERNAME;
  const password = env.MDEPLOY_REGISTRY_PASSWORD;
  if (!username && !password) return undefined;
  const source = 'MDEPLOY_REGISTRY_USERNAME and MDEPLOY_REGISTRY_PASSWORD';
  if (username && password) return { username, password, source };
  throw failure('CREDENTIALS_UNREADABLE', { registry, source, reason: 'only one of the two is set' });
}

function helperOf(registry: string, config: DockerConfig): { name: string; source: string } | undefined {
  for (const key of [registry, ...keysOf(registry)]) {
    const name = config.credHelpers.get(key);
    if (typeof name === 'string') return { name, source: `credHelpers in ${config.file}` };
  }
  if (config.credsStore === undefined) return undefined;
  return { name: config.credsStore, source: `credsStore in ${config.file}` };
}

function keysOf(registry: string): readonly string[] {
  const isHub = registry === 'docker.io' || registry === 'index.docker.io';
  return isHub ? [hubKey, 'docker.io', 'index.docker.io', 'registry-1.docker.io'] : [registry];
}

// Old clients wrote `https://host/v1/`.
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
}

function readEntry(registry: string, entry: unknown, source: string): Credentials | undefined {
  const bad = (reason: string) => failure('CREDENTIALS_UNREADABLE', { registry, source, reason });
  if (!isObject(entry)) throw bad('the entry in auths is not an object');
  const { identitytoken: token, username, password, auth } = entry;
  if (typeof token === 'string' && token !== '') return { identityToken: token, source };
  if (typeof username === 'string' && typeof password === 'string') return { username, password, source };
  if (auth === undefined || auth === '') return undefined;
  const plain = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString('utf8') : '';
  const colon = plain.indexOf(':');
  if (colon < 1) throw bad('auth is not the base64 text of USER:PASSWORD');
  // The client pads the decoded text with NUL bytes in some versions.
  return { username: plain.slice(0, colon), password: plain.slice(colon + 1).replace(/\0+$/, ''), source };
}
