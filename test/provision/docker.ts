// Makes a Docker engine available to tests: the one that is there, or one installed and started here.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cacheFolder } from './cache.ts';
import { CannotProvision } from './cannot-provision.ts';
import { startDaemon } from './daemon.ts';
import { isEngineAnswering } from './docker-api.ts';
import { installEngine } from './install-engine.ts';
import { withLock } from './lock.ts';
import { endProcess, readPidFile } from './processes.ts';

export { type PrivateDocker, privateDocker } from './private-docker.ts';

const defaultSocket = '/var/run/docker.sock';
const pidFile = '/var/run/docker.pid';

export interface DockerEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  readonly socketPath: string;
  /** Unknown when the engine was there before and keeps no pid file where we look. */
  readonly pid: number | undefined;
  /** True only for the call that started it: later calls find it answering and must leave it to others. */
  readonly startedByUs: boolean;
  /** Ends the engine if this call started it. Not needed after a test run: the next run is faster with it. */
  stop(): Promise<void>;
}

export async function ensureDocker(): Promise<DockerEngine> {
  const socketPath = chooseSocket();
  if (await isEngineAnswering(socketPath)) return describeEngine(socketPath, false);
  return withLock('docker', async () => {
    if (await isEngineAnswering(socketPath)) return describeEngine(socketPath, false);
    await installEngine();
    await mkdir(dirname(socketPath), { recursive: true });
    const logFile = `${await cacheFolder('docker')}/dockerd.log`;
    await startDaemon({ socketPath, pidFile, logFile, execRoot: '/var/run/docker', args: [] });
    return describeEngine(socketPath, true);
  });
}

function chooseSocket(): string {
  const host = process.env.DOCKER_HOST ?? '';
  if (host === '') return defaultSocket;
  if (host.startsWith('unix://')) return host.slice('unix://'.length);
  throw new CannotProvision(
    `tests need a local engine, but DOCKER_HOST is ${host}: unset it or use unix://PATH.`,
  );
}

async function describeEngine(socketPath: string, startedByUs: boolean): Promise<DockerEngine> {
  const pid = await readPidFile(pidFile);
  return {
    host: `unix://${socketPath}`,
    socketPath,
    pid,
    startedByUs,
    stop: async () => {
      if (startedByUs && pid !== undefined) await endProcess(pid);
    },
  };
}
