/**
 * Pinned to a major version of Node and a Debian release; node is at /usr/local/bin/node. Not pinned to a digest:
 * users who need the same bytes for ever write `image.base` with `@sha256:…`.
 */
export const DEFAULT_BASE_IMAGE = 'docker.io/library/node:26-bookworm-slim';

export const supportedProtocols = [
  'plain',
  'tfs',
  'v2',
  'kserve',
  'torchserve',
  'mlflow',
  'sagemaker',
  'vertex',
] as const;
/**
 * All that take no predict path from another, so that an image runs on every platform as it is: `kserve` predicts where
 * `tfs` does, `mlflow` where `sagemaker` does. Platforms cannot be told; clients of the other two can.
 */
export const defaultProtocols = ['plain', 'tfs', 'v2', 'torchserve', 'sagemaker', 'vertex'] as const;
export const supportedProviders = ['cpu'] as const;
export const supportedFormats = ['onnx'] as const;
export const supportedPlatforms = ['linux/amd64', 'linux/arm64'] as const;

export const variantArchs = ['x64', 'arm64'] as const;
export const recipeNames = [
  'folded',
  'fused',
  'fp16',
  'int8-dynamic',
  'int8-static',
  'int4-weights',
  'pruned',
  'fewer-channels',
] as const;
export type RecipeName = (typeof recipeNames)[number];

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

export const limits = {
  body: { min: 1024, max: GiB },
  probeMemory: { min: 64 * MiB, max: 1024 * GiB },
  responseCache: { min: 64 * 1024, max: 1024 * GiB },
  imageSize: { min: MiB, max: 1024 * GiB },
} as const;
