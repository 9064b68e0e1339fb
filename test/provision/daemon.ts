// Starts and ends dockerd processes of our own.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { CannotProvision } from './cannot-provision.ts';
import { pause } from './command.ts';
import { isEngineAnswering } from './docker-api.ts';
import { nameOf, readPidFile } from './processes.ts';

const startTimeoutMs = 60_000;

export interface DaemonPlan {
  readonly socketPath: string;
  readonly pidFile: string;
  readonly logFile: string;
  /** dockerd leaves its own and containerd's pid file here. */
  readonly execRoot: string;
  readonly args: readonly string[];
  /** In a network namespace of its own: an engine without a bridge deletes docker0, whoever made it. */
  readonly ownNetwork?: boolean;
}

/** Resolves with the pid once the engine answers; the process outlives this one. */
export async function startDaemon(plan: DaemonPlan): Promise<number> {
  await removeStalePidFile(plan.pidFile, 'dockerd');
  await removeStalePidFile(`${plan.execRoot}/containerd/containerd.pid`, 'containerd');
  const log = openSync(plan.logFile, 'w');
  const own = [
    '--host',
    `unix://${plan.socketPath}`,
    '--pidfile',
    plan.pidFile,
    '--exec-root',
    plan.execRoot,
  ];
  // unshare becomes dockerd, so the pid stays the same.
  const command = plan.ownNetwork === true ? ['unshare', '--net', 'dockerd'] : ['dockerd'];
  const [program = '', ...before] = command;
  const child = spawn(program, [...before, ...own, ...plan.args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, DOCKER_HOST: undefined },
  });
  closeSync(log);
  child.once('error', () => undefined);
  child.unref();
  for (
    const deadline = Date.now() + startTimeoutMs;
    !(await isEngineAnswering(plan.socketPath));
    await pause(100)
  ) {
    const hasEnded = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
    if (hasEnded || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new CannotProvision(await describeFailure(plan.logFile, hasEnded));
    }
  }
  return child.pid ?? 0;
}

/** Both daemons refuse to start while the number in their pid file lives, even when another program has it now. */
async function removeStalePidFile(path: string, program: string): Promise<void> {
  const pid = await readPidFile(path);
  if (pid !== undefined && (await nameOf(pid)) !== program) await rm(path, { force: true });
}

async function describeFailure(logFile: string, hasEnded: boolean): Promise<string> {
  const what = hasEnded
    ? 'dockerd ended at once'
    : `dockerd did not answer within ${startTimeoutMs / 1000} s`;
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');
  return `${what}; is this machine allowed to run containers? The last lines of ${logFile}:\n${lines}`;
}
