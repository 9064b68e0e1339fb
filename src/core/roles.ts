import { isMainThread, workerData } from 'node:worker_threads';

/** What a helper thread or child process of mdeploy is started for. */
export type Role = 'engine-worker' | 'model-probe' | 'server-process';

declare const MDEPLOY_BUILD: 'cli' | 'server' | undefined;

/**
 * The file to start for a role. From source and in the CLI build each role has a file of its own; the one-file
 * server starts itself again, and its entry asks `currentRole()` what it is.
 */
export function roleEntry(role: Role): URL {
  const build = typeof MDEPLOY_BUILD === 'undefined' ? 'source' : MDEPLOY_BUILD;
  if (build === 'server') return new URL(import.meta.url);
  return new URL(build === 'cli' ? `./${role}.js` : sources[role], import.meta.url);
}

const sources: Readonly<Record<Role, string>> = {
  'engine-worker': '../runtime/engine-worker.ts',
  'model-probe': '../runtime/model-probe.ts',
  'server-process': '../serve/processes/server-process.ts',
};

/** The role this thread or process was started for; undefined in the main one. Set by `workerData.role` or MDEPLOY_ROLE. */
export function currentRole(): string | undefined {
  if (isMainThread) return process.env.MDEPLOY_ROLE;
  return (workerData as { role?: string } | null)?.role;
}
