import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../errors/error.ts';
import { reasonOf } from '../files.ts';

/** What mdeploy reads of Docker's config.json (docs.docker.com, "docker login", "docker context"). */
export interface DockerConfig {
  readonly file: string;
  readonly currentContext?: string;
  /** By registry. */
  readonly auths: ReadonlyMap<string, unknown>;
  /** Registry → name of a credential helper. */
  readonly credHelpers: ReadonlyMap<string, unknown>;
  readonly credsStore?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of the Docker client: DOCKER_CONFIG, else `~/.docker`. */
export function dockerFolder(env: Environment): string {
  return env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker');
}

/**
 * A missing file is an empty configuration, as for the Docker client.
 * @throws MdeployError `DOCKER_CONFIG_INVALID`
 */
export async function readDockerConfig(env: Environment): Promise<DockerConfig> {
  const file = join(dockerFolder(env), 'config.json');
  const document = await readJsonObject(file);
  const text = (key: string) => {
    const value = document?.[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const currentContext = text('currentContext');
  const credsStore = text('credsStore');
  return {
    file,
    auths: mapOf(document?.auths),
    credHelpers: mapOf(document?.credHelpers),
    ...(currentContext !== undefined && { currentContext }),
    ...(credsStore !== undefined && { credsStore }),
  };
}

/** @returns undefined when there is no such file; @throws MdeployError `DOCKER_CONFIG_INVALID` */
export async function readJsonObject(file: string): Promise<Record<string, unknown> | undefined> {
  let reason: string;
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isObject(value)) return value;
    reason = 'it is not a JSON object';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    // A JSON error quotes the text, and this file holds passwords: neither its words nor its cause are passed on.
    reason = error instanceof SyntaxError ? 'it is not JSON' : reasonOf(error);
  }
  throw failure('DOCKER_CONFIG_INVALID', { file, reason }, { at: { file } });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isObject(value) ? Object.entries(value) : []);
}
