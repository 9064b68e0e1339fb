import { MdeployError } from '../../src/core/errors/error.ts';

/** The error that `work` throws; anything but an MdeployError is thrown on. */
export async function errorOf(work: () => unknown): Promise<MdeployError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof MdeployError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

export async function codeOf(work: () => unknown): Promise<string> {
  return (await errorOf(work)).code;
}

/** Processor time of this process, so that a busy machine does not count. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
