import { runProcess } from './process.ts';

export interface Isolation {
  /** The command as it must be started. */
  readonly wrap: (command: readonly [string, ...string[]]) => readonly [string, ...string[]];
  /** Whether the program can reach no network. */
  readonly isOffline: boolean;
  /** Why it can, when it can. */
  readonly reason?: string;
}

/** Cuts the network off with a network namespace of its own, where the kernel lets this user make one. */
export async function findIsolation(): Promise<Isolation> {
  if (process.platform !== 'linux') {
    return {
      wrap: (command) => command,
      isOffline: false,
      reason: `${process.platform} has no network namespaces`,
    };
  }
  for (const flags of [['--map-root-user', '--net'], ['--net']]) {
    const wrap = (command: readonly string[]) => ['unshare', ...flags, '--', ...command] as const;
    const end = await runProcess(wrap(['true']), { env: process.env, timeoutMs: 10_000 });
    if (end.unstartable !== undefined)
      return {
        wrap: (command) => command,
        isOffline: false,
        reason: 'the program unshare (util-linux) is not installed',
      };
    if (end.exitCode === 0) return { wrap, isOffline: true };
  }
  return {
    wrap: (command) => command,
    isOffline: false,
    reason: 'this system lets no user make a network namespace',
  };
}
