import type { Environment } from '../../core/docker/config.ts';
import type { Credentials } from '../../core/docker/credential-helper.ts';
import { type AuthConfig, findCredentials, toAuthConfig } from '../../core/docker/credentials.ts';
import { engineFault } from '../../core/docker/faults.ts';
import { jsonLines } from '../../core/docker/json-lines.ts';
import { connect, type Engine } from '../../core/docker.ts';
import { failure, type MdeployError } from '../../core/errors/error.ts';
import { onInterrupt } from '../../core/interrupt.ts';
import { classify } from '../classify.ts';
import { type PushLine, PushProgress } from '../progress.ts';
import type { Publisher, PublisherEntry, PublishOptions, Target } from '../publisher.ts';
import { withRetry } from '../retry.ts';
import { registryFault } from './registry-faults.ts';

/** Any registry the engine can push to; the engine sends the layers, and skips those that are there. */
export const registry: PublisherEntry = {
  open: async (env) => new RegistryPublisher(await connect(env), env),
};

const retryBudgetMs = 90_000;

class RegistryPublisher implements Publisher {
  readonly #engine: Engine;
  readonly #env: Environment;

  constructor(engine: Engine, env: Environment) {
    this.#engine = engine;
    this.#env = env;
  }

  async assertImage(image: string): Promise<void> {
    try {
      await this.#engine.docker.getImage(image).inspect();
    } catch (error) {
      if (statusOf(error) === 404) throw failure('IMAGE_NOT_FOUND', { image }, { cause: error });
      throw engineFault(error, `looking for ${image}`);
    }
  }

  async publish(image: string, target: Target, options: PublishOptions): Promise<string> {
    const credentials = await findCredentials(target.registry, this.#env, 'push');
    const name = `${target.repository}:${target.tag}`;
    const held = name === image ? undefined : await this.#idOf(name);
    if (name !== image) await this.#tag(image, target);
    // A name that was made only to push under it, and that the registry did not take, would say something untrue.
    const untag = async () => {
      if (name !== image) await this.#restore(name, held, target);
    };
    const release = onInterrupt(untag);
    try {
      return await this.#publish(target, credentials, options);
    } catch (error) {
      await untag();
      throw error;
    } finally {
      release();
    }
  }

  async #publish(
    target: Target,
    credentials: Credentials | undefined,
    { retries, onProgress, onRetry }: PublishOptions,
  ): Promise<string> {
    let attempts = 0;
    const digest = await withRetry(
      (attempt) => {
        attempts = attempt;
        return this.#send(target, toAuthConfig(target.registry, credentials), onProgress);
      },
      {
        retries,
        budgetMs: retryBudgetMs,
        shouldRetry: (error) => error instanceof RegistrySays && classify(error.message).transient,
        onRetry: (error, attempt, delayMs) => {
          const { reason } = classify((error as Error).message);
          const seconds = (delayMs / 1000).toFixed(1);
          onRetry(`${target.registry}: ${reason}; try ${attempt + 1} of ${retries + 1} in ${seconds} s`);
        },
      },
    ).catch((error: unknown) => {
      throw this.#fault(error, target, credentials, attempts);
    });
    onProgress(`checking ${target.repository}@${digest}`);
    await this.#prove(target, digest, toAuthConfig(target.registry, credentials));
    return digest;
  }

  async #idOf(name: string): Promise<string | undefined> {
    try {
      return (await this.#engine.docker.getImage(name).inspect()).Id;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw engineFault(error, `looking for ${name}`);
    }
  }

  // The push failed already; an engine that is gone, too, must not hide why.
  async #restore(name: string, held: string | undefined, target: Target): Promise<void> {
    const undone =
      held === undefined
        ? this.#engine.docker.getImage(name).remove({ noprune: true })
        : this.#tag(held, target);
    await undone.catch(() => undefined);
  }

  async #tag(image: string, { repository, tag }: Target): Promise<void> {
    await this.#engine.docker
      .getImage(image)
      .tag({ repo: repository, tag })
      .catch((error: unknown) => {
        throw engineFault(error, `naming the image ${repository}:${tag}`);
      });
  }

  async #send(
    { repository, tag }: Target,
    authconfig: AuthConfig,
    onProgress: (text: string) => void,
  ): Promise<string> {
    const abort = new AbortController();
    const release = onInterrupt(() => abort.abort());
    const progress = new PushProgress(`${repository}:${tag}`);
    try {
      const image = this.#engine.docker.getImage(repository);
      const answer = await image.push({ tag, authconfig, abortSignal: abort.signal });
      for await (const line of jsonLines<PushLine>(answer)) {
        const text = progress.take(line);
        if (text !== undefined) onProgress(text);
        if (progress.error !== undefined) throw new RegistrySays(progress.error);
      }
    } finally {
      release();
    }
    if (progress.digest === undefined) throw failure('ENGINE_LOST', { step: `pushing ${repository}:${tag}` });
    return progress.digest;
  }

  #fault(error: unknown, target: Target, found: Credentials | undefined, attempts: number): MdeployError {
    if (error instanceof RegistrySays) return registryFault(error.message, target, found?.source, attempts);
    return engineFault(error, `pushing ${target.repository}:${target.tag}`);
  }

  // The registry is asked through the engine, with the same credentials; one that cannot tell leaves the engine's
  // own record of what the registry answered.
  async #prove(
    { registry: host, repository, tag }: Target,
    digest: string,
    authconfig: AuthConfig,
  ): Promise<void> {
    const image = `${repository}:${tag}`;
    const received = await this.#held(image, authconfig).catch(() =>
      this.#recorded(repository, image, digest),
    );
    if (received === digest) return;
    throw failure(
      'PUSH_DIGEST_MISMATCH',
      { registry: host, image, expected: digest, received: received ?? 'nothing' },
      { expected: digest, received: received ?? 'nothing' },
    );
  }

  async #held(image: string, authconfig: AuthConfig): Promise<string> {
    const about = (await this.#engine.docker.getImage(image).distribution({ authconfig })) as {
      Descriptor: { digest: string };
    };
    return about.Descriptor.digest;
  }

  async #recorded(repository: string, image: string, digest: string): Promise<string | undefined> {
    const { RepoDigests = [] } = await this.#engine.docker
      .getImage(image)
      .inspect()
      .catch((error: unknown) => {
        throw engineFault(error, `reading ${image}`);
      });
    return RepoDigests.includes(`${repository}@${digest}`) ? digest : undefined;
  }
}

/** An error line in the engine's answer to a push. */
class RegistrySays extends Error {}

function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number } | null)?.statusCode;
}
