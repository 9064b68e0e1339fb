import type { Environment } from '../core/docker/config.ts';

/** A name in a registry. */
export interface Target {
  readonly registry: string;
  /** With the registry: `registry.example/team/iris`. */
  readonly repository: string;
  readonly tag: string;
}

export interface PublishOptions {
  /** Tries after the first one. */
  readonly retries: number;
  readonly onProgress: (text: string) => void;
  /** Told also where no progress is shown: a log must say why a push took long. */
  readonly onRetry: (text: string) => void;
}

/** One way to bring a local image into a registry. */
export interface Publisher {
  /** @throws MdeployError `IMAGE_NOT_FOUND` */
  assertImage(image: string): Promise<void>;
  /**
   * Pushes and proves that the registry holds what was pushed.
   * @returns the digest of the manifest, `sha256:…`
   */
  publish(image: string, target: Target, options: PublishOptions): Promise<string>;
}

export interface PublisherEntry {
  open(env: Environment): Promise<Publisher>;
}
