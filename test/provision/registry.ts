// Starts a real image registry on a free loopback port, with login and TLS when asked.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages } from './apt.ts';
import { hasCommand, pause, runCommand } from './command.ts';
import { endProcess, signal } from './processes.ts';

const startTimeoutMs = 20_000;
const startTries = 3;

export interface RegistryOptions {
  readonly auth?: { readonly user: string; readonly password: string };
  readonly tls?: boolean;
}

export interface Registry {
  /** `127.0.0.1:PORT`, the first part of an image name. `localhost:PORT` is another login for the client. */
  readonly host: string;
  readonly url: string;
  /** With TLS: the self-signed certificate to trust. */
  readonly caFile: string | undefined;
  readonly pid: number;
  readonly logFile: string;
  stop(): Promise<void>;
}

export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  if (!(await hasCommand('docker-registry'))) await installPackages(['docker-registry'], 'an image registry');
  const folder = await mkdtemp(join(tmpdir(), 'mdeploy-registry-'));
  try {
    for (let attempt = 1; ; attempt += 1) {
      const registry = await tryStart(folder, options);
      if (registry !== undefined) return registry;
      // Another process may have taken the free port between finding and using it.
      if (attempt === startTries) throw new Error(await describeFailure(folder));
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function tryStart(folder: string, options: RegistryOptions): Promise<Registry | undefined> {
  const host = `127.0.0.1:${await findFreePort()}`;
  const { configFile, caFile } = await writeConfig(folder, host, options);
  const logFile = join(folder, 'registry.log');
  const log = openSync(logFile, 'a');
  const child = spawn('docker-registry', ['serve', configFile], { stdio: ['ignore', log, log] });
  closeSync(log);
  child.once('error', () => undefined);
  child.unref();
  const pid = child.pid;
  const url = `${options.tls === true ? 'https' : 'http'}://${host}`;
  const expected = options.auth === undefined ? 200 : 401;
  for (
    const deadline = Date.now() + startTimeoutMs;
    (await readStatus(url, caFile)) !== expected;
    await pause(50)
  ) {
    if (pid === undefined || child.exitCode !== null) return undefined;
    if (Date.now() < deadline) continue;
    child.kill('SIGKILL');
    return undefined;
  }
  // Something else may answer at the port while our own process has ended.
  if (pid === undefined || child.exitCode !== null) return undefined;
  const endWithTests = (): void => signal(pid, 'SIGTERM');
  process.once('exit', endWithTests);
  const stop = async (): Promise<void> => {
    process.off('exit', endWithTests);
    await endProcess(pid, 3_000);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  return { host, url, caFile, pid, logFile, stop };
}

async function writeConfig(
  folder: string,
  host: string,
  options: RegistryOptions,
): Promise<{ configFile: string; caFile: string | undefined }> {
  const http: Record<string, unknown> = { addr: host };
  const caFile = options.tls === true ? join(folder, 'tls.crt') : undefined;
  if (caFile !== undefined) {
    const key = join(folder, 'tls.key');
    await writeCertificate(caFile, key);
    http.tls = { certificate: caFile, key };
  }
  const config: Record<string, unknown> = {
    version: '0.1',
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http,
  };
  if (options.auth !== undefined) {
    const path = join(folder, 'htpasswd');
    await writeFile(path, await hashLogin(options.auth.user, options.auth.password));
    config.auth = { htpasswd: { realm: 'mdeploy-test', path } };
  }
  const configFile = join(folder, 'config.yml');
  // JSON is YAML, and needs no care with quoting.
  await writeFile(configFile, JSON.stringify(config, undefined, 2));
  return { configFile, caFile };
}

async function hashLogin(user: string, password: string): Promise<string> {
  // The registry accepts bcrypt only, which neither Node nor openssl makes.
  if (!(await hasCommand('htpasswd'))) await installPackages(['apache2-utils'], 'a registry with a login');
  return runCommand('htpasswd', ['-i', '-n', '-B', user], { input: password });
}

async function writeCertificate(certificate: string, key: string): Promise<void> {
  if (!(await hasCommand('openssl'))) await installPackages(['openssl'], 'a registry with TLS');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const names = ['-subj', '/CN=mdeploy-test', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const out = ['-keyout', key, '-out', certificate];
  await runCommand('openssl', ['req', '-x509', ...curve, '-nodes', '-days', '2', ...names, ...out]);
}

async function readStatus(url: string, caFile: string | undefined): Promise<number | undefined> {
  const ca = caFile === undefined ? undefined : await readFile(caFile);
  return new Promise((resolve) => {
    const options = { timeout: 2_000, agent: false } as const;
    const message =
      ca === undefined ? httpRequest(`${url}/v2/`, options) : httpsRequest(`${url}/v2/`, { ...options, ca });
    message.once('error', () => resolve(undefined));
    message.once('timeout', () => message.destroy());
    message.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    message.end();
  });
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('the system gave no port number');
  return address.port;
}

async function describeFailure(folder: string): Promise<string> {
  const log = await readFile(join(folder, 'registry.log'), 'utf8').catch(() => '');
  return `docker-registry did not start:\n${log.trim().split('\n').slice(-5).join('\n')}`;
}
