import { spawn } from 'node:child_process';
import { failure } from '../errors/error.ts';
import { reasonOf } from '../files.ts';
import { type Environment, isObject } from './config.ts';

/** Who pushes or pulls. `source` says where it was found, for messages; the rest is never shown or logged. */
export interface Credentials {
  readonly source: string;
  readonly username?: string;
  readonly password?: string;
  readonly identityToken?: string;
}

/** `docker-credential-<name>` becomes a program's name, so it may only be a plain word. */
const helperName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const timeoutMs = 30_000;

/**
 * Runs `docker-credential-<name> get` with the registry on its stdin (docker/docker-credential-helpers, protocol).
 * @returns undefined when the helper has nothing for it
 * @throws MdeployError `CREDENTIALS_UNREADABLE`
 */
export async function askHelper(
  name: string,
  server: string,
  source: string,
  registry: string,
  env: Environment,
): Promise<Credentials | undefined> {
  const bad = (reason: string, cause?: unknown) =>
    failure('CREDENTIALS_UNREADABLE', { registry, source, reason }, { cause });
  if (!helperName.test(name)) throw bad(`"${name}" is not the name of a credential helper`);
  const program = `docker-credential-${name}`;
  const { code, stdout } = await run(program, server, env).catch((error: NodeJS.ErrnoException) => {
    throw bad(
      error.code === 'ENOENT' ? `${program} is not installed` : `${program}: ${reasonOf(error)}`,
      error,
    );
  });
  // Every helper says these words, on stdout, with exit code 1.
  if (code !== 0 && /credentials not found/i.test(stdout)) return undefined;
  // What it printed may hold the secret: it is never quoted.
  if (code !== 0) throw bad(`${program} ended with exit code ${code}`);
  const { Username, Secret } = parse(stdout);
  if (typeof Username !== 'string' || typeof Secret !== 'string')
    throw bad(`${program} did not answer with a user name and a secret`);
  if (Secret === '') return undefined;
  const from = `${program} (${source})`;
  if (Username === '<token>') return { identityToken: Secret, source: from };
  return { username: Username, password: Secret, source: from };
}

function parse(stdout: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(stdout);
    return isObject(value) ? value : {};
  } catch {
    // The parser's message would quote the secret; the caller says what is missing instead.
    return {};
  }
}

function run(
  program: string,
  input: string,
  env: Environment,
): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: env as NodeJS.ProcessEnv,
      timeout: timeoutMs,
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout }));
    // A helper that ends without reading closes the pipe; its exit code tells what matters.
    child.stdin.once('error', () => undefined);
    child.stdin.end(`${server(input)}\n`);
  });
}

function server(input: string): string {
  return input.replace(/[\r\n]/g, '');
}
