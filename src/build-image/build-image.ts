import type { Environment } from '../core/docker/config.ts';
import { failure } from '../core/errors/error.ts';
import { onInterrupt } from '../core/interrupt.ts';
import { showSize } from '../core/units.ts';
import { type PackageLock, readLock } from '../repository/lock.ts';
import { verifyLock } from '../repository/verify-lock.ts';
import type { Builder, ImageFacts, ImageLayer } from './builder.ts';
import { builders } from './builders.ts';
import { checkHardening } from './hardening.ts';
import { imageLabels } from './labels.ts';
import { imageNames } from './names.ts';
import { assertPlatform, choosePlatform } from './platform.ts';
import { type Replay, type SmokeReport, smoke } from './smoke.ts';

export interface BuildImageOptions {
  /** A package made by `mdeploy package`. */
  readonly root: string;
  readonly description?: string;
  /** `image.repository`: where images are named without `--tag`. */
  readonly repository?: string | undefined;
  readonly tags?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** `image.max_size` in bytes, uncompressed. */
  readonly maxBytes?: number | undefined;
  readonly platform?: string | undefined;
  readonly pull?: boolean;
  readonly noCache?: boolean;
  /** Given: the image is run and must answer its samples before it gets its names. */
  readonly replay?: Replay | undefined;
  readonly env?: Environment;
  readonly onProgress?: (text: string) => void;
  readonly onLog?: (text: string) => void;
}

export interface BuiltImage {
  readonly id: string;
  /** Empty when the smoke test failed. */
  readonly tags: readonly string[];
  readonly platform: string;
  readonly bytes: number;
  readonly layers: readonly ImageLayer[];
  readonly warnings: readonly string[];
  readonly smoke?: SmokeReport;
}

const smokeTimeoutMs = 60_000;

/**
 * Package → image. The names are given last: an image that fails a check never takes the place of a good one, and
 * is removed.
 * @throws MdeployError of the lock, the engine, the build, and `IMAGE_TOO_LARGE`, `IMAGE_NOT_HARDENED`,
 *   `BUILD_PLATFORM`, `IMAGE_NAME_INVALID`, `SMOKE_…`
 */
export async function buildImage(options: BuildImageOptions): Promise<BuiltImage> {
  const { root, env = process.env, onProgress = () => undefined } = options;
  const lock = await readLock(root);
  const names = imageNames(lock, options.repository, options.tags ?? []);
  onProgress('checking the package');
  await verifyLock(root, lock);
  const builder = await (await builders.load('docker')).open(env);
  if (options.replay && builder.elsewhere !== undefined)
    throw failure('SMOKE_REMOTE_ENGINE', { address: builder.elsewhere });
  const platform = choosePlatform(
    options.platform,
    lock.platforms,
    builder.platform,
    options.replay !== undefined,
  );
  const labels = imageLabels(lock, options.description ?? '', options.labels ?? {}, env.SOURCE_DATE_EPOCH);
  const { pull = false, noCache = false } = options;
  const image = await builder.build({ root, lock, platform, labels, pull, noCache }, onProgress);
  return settle(builder, image, names, () => check(builder, image, lock, platform, options));
}

interface Checked {
  readonly warnings: readonly string[];
  readonly smoke?: SmokeReport;
}

async function settle(
  builder: Builder,
  image: ImageFacts,
  names: readonly string[],
  checkAll: () => Promise<Checked>,
): Promise<BuiltImage> {
  let isGood = false;
  const release = onInterrupt(() => builder.discard(image.id));
  try {
    const checked = await checkAll();
    isGood = checked.smoke?.ok ?? true;
    if (isGood) await builder.tag(image.id, names);
    const { id, platform, bytes, layers } = image;
    return { id, tags: isGood ? names : [], platform, bytes, layers, ...checked };
  } finally {
    release();
    if (!isGood) await builder.discard(image.id);
  }
}

async function check(
  builder: Builder,
  image: ImageFacts,
  lock: PackageLock,
  platform: string,
  options: BuildImageOptions,
): Promise<Checked> {
  assertPlatform(platform, image.platform, lock.base);
  assertSize(image, options.maxBytes);
  const warnings = checkHardening(image.config);
  if (!options.replay) return { warnings };
  const { replay, onProgress, onLog = () => undefined } = options;
  onProgress?.('trying the image: read-only, without capabilities and network');
  const memoryBytes = smokeMemory(lock);
  const report = await smoke(builder, image, { replay, memoryBytes, timeoutMs: smokeTimeoutMs, onLog });
  return { warnings, smoke: report };
}

function assertSize(image: ImageFacts, maxBytes: number | undefined): void {
  if (maxBytes === undefined || image.bytes <= maxBytes) return;
  const [largest] = [...image.layers].sort((a, b) => b.bytes - a.bytes);
  throw failure(
    'IMAGE_TOO_LARGE',
    {
      size: showSize(image.bytes),
      limit: showSize(maxBytes),
      largest: largest ? `${largest.instruction} with ${showSize(largest.bytes)}` : 'none',
    },
    { expected: `at most ${maxBytes} bytes`, received: `${image.bytes} bytes` },
  );
}

// Weights are held about twice while a model loads; the rest is Node and the runtime.
function smokeMemory(lock: PackageLock): number {
  const modelBytes = lock.files
    .filter(({ layer }) => layer === 'model')
    .reduce((sum, { bytes }) => sum + bytes, 0);
  return 512 * 1024 ** 2 + 4 * modelBytes;
}
