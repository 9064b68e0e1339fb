import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Environment } from '../core/docker/config.ts';
import { failure } from '../core/errors/error.ts';
import { reasonOf, writeFileAtomic } from '../core/files.ts';
import { publishers } from './publishers.ts';
import { pushTargets } from './targets.ts';

export interface PushOptions {
  /** A local image: `registry.example/iris:3`. */
  readonly image: string;
  /** Repository to push to, instead of the one in the image's name. */
  readonly to?: string | undefined;
  readonly tags?: readonly string[];
  readonly digestFile?: string | undefined;
  readonly retries?: number;
  readonly env?: Environment;
  readonly onProgress?: (text: string) => void;
  readonly onRetry?: (text: string) => void;
}

export interface PushResult {
  readonly image: string;
  /** Every name that now points to it: `registry.example/iris:3`. */
  readonly names: readonly string[];
  readonly digest: string;
  /** What to deploy: `registry.example/iris@sha256:…`. */
  readonly reference: string;
}

export const defaultRetries = 4;

/**
 * Pushes a local image under one or several tags and proves its digest in the registry.
 * @throws MdeployError `PUSH_NO_REGISTRY`, `IMAGE_NAME_INVALID`, `IMAGE_NOT_FOUND`, `FILE_UNWRITABLE`,
 *   `CREDENTIALS_UNREADABLE`, `REGISTRY_…`, `PUSH_DIGEST_MISMATCH`, `ENGINE_…`
 */
export async function push(options: PushOptions): Promise<PushResult> {
  const { image, digestFile, env = process.env, onProgress = ignore, onRetry = ignore } = options;
  const targets = pushTargets(image, options.to, options.tags ?? []);
  if (digestFile !== undefined) await assertWritable(digestFile);
  const publisher = await (await publishers.load('registry')).open(env);
  await publisher.assertImage(image);
  const retries = options.retries ?? defaultRetries;
  let digest = '';
  for (const target of targets) {
    digest = await publisher.publish(image, target, { retries, onProgress, onRetry });
  }
  if (digestFile !== undefined) await writeFileAtomic(digestFile, `${digest}\n`);
  const [first] = targets;
  return {
    image,
    names: targets.map(({ repository, tag }) => `${repository}:${tag}`),
    digest,
    reference: `${first!.repository}@${digest}`,
  };
}

// After a long push it would be too late to learn that the digest has no place.
async function assertWritable(file: string): Promise<void> {
  await access(dirname(resolve(file)), constants.W_OK).catch((error: unknown) => {
    throw failure('FILE_UNWRITABLE', { file, reason: reasonOf(error) }, { cause: error });
  });
}

function ignore(): void {
  // Whoever does not listen does not want to know.
}
