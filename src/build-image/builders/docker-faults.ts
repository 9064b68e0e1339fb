import { engineFault, engineReason, isDiskFull } from '../../core/docker/faults.ts';
import { failure, type MdeployError } from '../../core/errors/error.ts';
import { otherPlatform } from '../platform.ts';
import type { BuildProgress } from '../progress.ts';

/**
 * Names what stopped a build: a fault of our own, the lost engine, a refused Dockerfile.
 * @param base the base image of the package, used while no step has begun
 */
export function buildFault(error: unknown, progress: BuildProgress, base: string): MdeployError {
  if (error instanceof EngineSays) return stepFault(error.message, progress, base);
  if ((error as { statusCode?: number } | null)?.statusCode === 400)
    return failure('BUILD_REFUSED', { reason: engineReason(error) }, { cause: error });
  return engineFault(error, progress.where);
}

/** An error line in the answer of the engine: its words, not ours. */
export class EngineSays extends Error {}

function stepFault(reason: string, progress: BuildProgress, base: string): MdeployError {
  if (isDiskFull(reason)) return failure('ENGINE_DISK_FULL', { step: progress.where });
  const [, wanted, actual] =
    /does not match the specified platform: wanted ([\w/]+), actual: ([\w/]+)/.exec(reason) ?? [];
  if (wanted !== undefined && actual !== undefined) return otherPlatform(wanted, actual, base);
  const step = progress.current;
  if (step === undefined) return failure('BUILD_REFUSED', { reason });
  const from = /^FROM\s+(?:--platform=\S+\s+)?(\S+)/i.exec(step.instruction)?.[1];
  if (from !== undefined)
    return failure('BUILD_BASE_UNAVAILABLE', { base: from || base, reason: plainPull(reason) });
  const { number, total, instruction } = step;
  return failure('BUILD_STEP_FAILED', { step: number, steps: total, instruction, reason });
}

// The texts of a 20.10 engine that cannot pull, in words a newcomer understands; others are passed on.
function plainPull(reason: string): string {
  for (const [pattern, words] of pulls) {
    const match = pattern.exec(reason);
    if (match) return words.replace('$1', match[1] ?? '');
  }
  return reason;
}

const pulls: readonly (readonly [RegExp, string])[] = [
  [/lookup (\S+?)(?: on \S+)?: no such host/, 'the registry $1 is not known by name here (no network?)'],
  [/dial tcp (\S+): connect: connection refused/, 'the registry at $1 refuses the connection'],
  [/dial tcp (\S+): (?:connect: (?:network|no route)|i\/o timeout)/, 'the registry at $1 does not answer'],
  [/no basic auth credentials|unauthorized/, 'the registry wants a login'],
  [/pull access denied for (\S+?),/, '$1 does not exist, or the registry wants a login'],
  [/manifest unknown|not found: manifest|manifest for (\S+) not found/, 'the registry has no such image'],
  [/x509: (.+)$/, 'its registry is not trusted: $1'],
];
