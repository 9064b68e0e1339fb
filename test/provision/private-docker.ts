// A second, throw-away Docker engine, for tests that kill the engine in the middle of something.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages } from './apt.ts';
import { hasCommand, pause, runCommand } from './command.ts';
import { startDaemon } from './daemon.ts';
import { installEngine } from './install-engine.ts';
import { endProcess, findFamily, isAlive, signal } from './processes.ts';

export interface PrivateDocker {
  readonly host: string;
  readonly socketPath: string;
  readonly pid: number;
  readonly logFile: string;
  /** Ends what is left of it and removes its files; works after the engine was killed, too. */
  stop(): Promise<void>;
}

/** No network for containers: the shared engine's firewall rules and bridge stay untouched. */
export async function privateDocker(): Promise<PrivateDocker> {
  await installEngine();
  if (!(await hasCommand('unshare'))) await installPackages(['util-linux'], 'a second Docker engine');
  const folder = await mkdtemp(join(tmpdir(), 'mdeploy-engine-'));
  const socketPath = join(folder, 'docker.sock');
  const logFile = join(folder, 'dockerd.log');
  const pid = await startDaemon({
    socketPath,
    pidFile: join(folder, 'dockerd.pid'),
    logFile,
    ownNetwork: true,
    execRoot: join(folder, 'exec'),
    args: [
      '--data-root',
      join(folder, 'data'),
      '--bridge',
      'none',
      '--iptables=false',
      '--shutdown-timeout',
      '1',
    ],
  });
  const endWithTests = (): void => signal(pid, 'SIGTERM');
  process.once('exit', endWithTests);
  const stop = async (): Promise<void> => {
    process.off('exit', endWithTests);
    if (isAlive(pid)) await endProcess(pid);
    // A killed engine leaves containerd and the containers running, and those outlive their shims.
    const family = await findFamily(folder);
    for (const member of family) signal(member, 'SIGKILL');
    for (const deadline = Date.now() + 5_000; family.some(isAlive) && Date.now() < deadline; )
      await pause(20);
    await unmountBelow(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  return { host: `unix://${socketPath}`, socketPath, pid, logFile, stop };
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  const ours = mounts
    .filter((path) => path.startsWith(`${folder}/`))
    .sort()
    .reverse();
  for (const path of ours) await runCommand('umount', ['--lazy', path]).catch(() => undefined);
}
