import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../errors/error.ts';
import { sha256 } from '../hash.ts';
import { dockerFolder, type Environment, isObject, readJsonObject } from './config.ts';

export interface DockerContext {
  readonly name: string;
  readonly host: string;
  readonly skipTlsVerify: boolean;
  /** Folder that may hold ca.pem, cert.pem and key.pem. */
  readonly tlsFolder: string;
}

/**
 * Reads a context as the Docker client stores it: `contexts/meta/<sha256 of the name>/meta.json`, TLS material in
 * `contexts/tls/<sha256>/docker/`.
 * @param source who asked for it, for messages
 * @throws MdeployError `DOCKER_CONTEXT_UNKNOWN`, `DOCKER_CONFIG_INVALID`
 */
export async function readContext(name: string, source: string, env: Environment): Promise<DockerContext> {
  const contexts = join(dockerFolder(env), 'contexts');
  const id = sha256(name);
  const file = join(contexts, 'meta', id, 'meta.json');
  const meta = await readJsonObject(file);
  if (meta === undefined) {
    const known = ['default', ...(await listContexts(contexts))].join(', ');
    throw failure('DOCKER_CONTEXT_UNKNOWN', { context: name, source, contexts: known });
  }
  const endpoint = isObject(meta.Endpoints) ? meta.Endpoints.docker : undefined;
  if (!isObject(endpoint) || typeof endpoint.Host !== 'string' || endpoint.Host === '')
    throw failure(
      'DOCKER_CONFIG_INVALID',
      { file, reason: 'Endpoints.docker.Host is missing' },
      { at: { file } },
    );
  return {
    name,
    host: endpoint.Host,
    skipTlsVerify: endpoint.SkipTLSVerify === true,
    tlsFolder: join(contexts, 'tls', id, 'docker'),
  };
}

async function listContexts(contexts: string): Promise<string[]> {
  const ids = await readdir(join(contexts, 'meta')).catch(() => []);
  const names: string[] = [];
  for (const id of ids) {
    const meta = await readJsonObject(join(contexts, 'meta', id, 'meta.json'));
    if (typeof meta?.Name === 'string') names.push(meta.Name);
  }
  return names.sort();
}
