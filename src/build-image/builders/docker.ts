import type { Environment } from '../../core/docker/config.ts';
import { findCredentials, registryOf, toAuthConfig } from '../../core/docker/credentials.ts';
import { isLocal } from '../../core/docker/endpoint.ts';
import { engineFault } from '../../core/docker/faults.ts';
import { jsonLines } from '../../core/docker/json-lines.ts';
import { connect, type Engine } from '../../core/docker.ts';
import { failure } from '../../core/errors/error.ts';
import { onInterrupt } from '../../core/interrupt.ts';
import { parseImageReference } from '../../core/names.ts';
import type { Builder, BuilderEntry, BuildPlan, ImageFacts } from '../builder.ts';
import { packContext } from '../context.ts';
import { type BuildLine, BuildProgress } from '../progress.ts';
import { imageFacts } from './docker-facts.ts';
import { buildFault, EngineSays } from './docker-faults.ts';
import { startTrial } from './docker-trial.ts';

/** Through the engine's classic build API, which every engine from 20.10 on has, with or without BuildKit. */
export const docker: BuilderEntry = {
  open: async (env) => new DockerBuilder(await connect(env), env),
};

class DockerBuilder implements Builder {
  readonly platform: string;
  readonly elsewhere: string | undefined;
  readonly #engine: Engine;
  readonly #env: Environment;

  constructor(engine: Engine, env: Environment) {
    this.#engine = engine;
    this.#env = env;
    this.platform = engine.platform;
    this.elsewhere = isLocal(engine.endpoint) ? undefined : engine.endpoint.address;
  }

  async build(plan: BuildPlan, onProgress: (text: string) => void): Promise<ImageFacts> {
    const progress = new BuildProgress();
    const abort = new AbortController();
    // A closed connection makes the engine stop and remove the container of the running step.
    const release = onInterrupt(() => abort.abort());
    try {
      await this.#run(plan, progress, onProgress, abort.signal);
    } catch (error) {
      throw buildFault(error, progress, plan.lock.base);
    } finally {
      release();
    }
    const id = progress.imageId;
    if (id === undefined) throw failure('ENGINE_LOST', { step: progress.where });
    return imageFacts(this.#engine.docker, id, progress.steps);
  }

  async #run(
    plan: BuildPlan,
    progress: BuildProgress,
    onProgress: (text: string) => void,
    abortSignal: AbortSignal,
  ): Promise<void> {
    const context = packContext(plan.root, plan.lock, plan.platform);
    // A fault of the context reaches us as a cut request; the context's own error says what it was.
    let contextError: Error | undefined;
    context.once('error', (error) => {
      contextError = error;
    });
    try {
      const answer = await this.#engine.docker.buildImage(context, {
        dockerfile: 'Dockerfile',
        labels: plan.labels,
        rm: true,
        forcerm: true,
        ...(plan.noCache && { nocache: true }),
        ...(plan.pull && { pull: 'true' }),
        ...(plan.platform !== this.platform && { platform: plan.platform }),
        registryconfig: await this.#pullCredentials(plan.lock.base),
        abortSignal,
      } as object);
      for await (const line of jsonLines<BuildLine>(answer)) {
        const text = progress.take(line);
        if (text !== undefined) onProgress(text);
        if (progress.error !== undefined) throw new EngineSays(progress.error);
      }
    } catch (error) {
      throw contextError ?? error;
    }
  }

  // Only for the registry of the base image, and only if a pull may happen: a helper may ask for a finger.
  async #pullCredentials(base: string): Promise<object> {
    const reference = parseImageReference(base);
    const registry = registryOf(reference?.repository ?? '');
    if (await this.#isHere(base)) return { base64: encode({}) };
    const found = await findCredentials(registry, this.#env, 'pull');
    if (found === undefined) return { base64: encode({}) };
    const auth = toAuthConfig(registry, found);
    return { base64: encode({ [auth.serveraddress]: auth }) };
  }

  async #isHere(base: string): Promise<boolean> {
    try {
      await this.#engine.docker.getImage(base).inspect();
      return true;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return false;
      throw error;
    }
  }

  async tag(id: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const colon = name.lastIndexOf(':');
      const target = { repo: name.slice(0, colon), tag: name.slice(colon + 1) };
      await this.#engine.docker
        .getImage(id)
        .tag(target)
        .catch((error: unknown) => {
          throw engineFault(error, `naming the image ${name}`);
        });
    }
  }

  async discard(id: string): Promise<void> {
    const image = this.#engine.docker.getImage(id);
    try {
      // By id, the engine would also remove an image that has one name: a build from cache gives back an old one.
      const { RepoTags } = await image.inspect();
      if ((RepoTags ?? []).length === 0) await image.remove();
    } catch (error) {
      const { statusCode } = error as { statusCode?: number };
      // 404: already gone. 409: a container still uses it, so it was not ours alone.
      if (statusCode !== 404 && statusCode !== 409) throw engineFault(error, 'removing the image');
    }
  }

  start(image: ImageFacts, memoryBytes: number) {
    return startTrial(this.#engine.docker, image, memoryBytes);
  }
}

// The engine reads base64url here; dockerode's own encoding is the other base64.
function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
