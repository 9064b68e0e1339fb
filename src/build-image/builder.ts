import type { Environment } from '../core/docker/config.ts';
import type { PackageLock } from '../repository/lock.ts';

/** Everything that decides what image comes out. */
export interface BuildPlan {
  /** The package's folder; its files are those of `lock`. */
  readonly root: string;
  readonly lock: PackageLock;
  readonly platform: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pull: boolean;
  readonly noCache: boolean;
}

export interface ImageLayer {
  /** The instruction of the Dockerfile that made it; the base image is one line. */
  readonly instruction: string;
  readonly bytes: number;
}

/** What the finished image says of itself. */
export interface ImageFacts {
  readonly id: string;
  readonly platform: string;
  /** Uncompressed. */
  readonly bytes: number;
  /** From the base up. */
  readonly layers: readonly ImageLayer[];
  readonly config: ImageConfig;
}

/** OCI image config, the fields that hardening asks for. */
export interface ImageConfig {
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** As in the image: `["CMD", "node", …]`, `["CMD-SHELL", …]`, `["NONE"]`; empty when there is none. */
  readonly healthcheck: readonly string[];
  readonly ports: readonly number[];
}

/** A container of the image, running with nothing it does not need. */
export interface Trial {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Undefined while it runs. */
  ended(): Promise<{ readonly code: number; readonly outOfMemory: boolean } | undefined>;
  logs(): Promise<string>;
  /** Ends and removes it and all that was made for it. */
  remove(): Promise<void>;
}

/** One way to make images. An image has no name until every check has passed and `tag` is called. */
export interface Builder {
  /** Platform that `start` can run. */
  readonly platform: string;
  /** Undefined when containers can be tried from here; else why not, as an address. */
  readonly elsewhere: string | undefined;
  build(plan: BuildPlan, onProgress: (text: string) => void): Promise<ImageFacts>;
  tag(id: string, names: readonly string[]): Promise<void>;
  /** Removes an image that got no name; one that other names hold stays. */
  discard(id: string): Promise<void>;
  start(image: ImageFacts, memoryBytes: number): Promise<Trial>;
}

export interface BuilderEntry {
  /** @throws MdeployError when what it needs is not there */
  open(env: Environment): Promise<Builder>;
}
