import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf, removeTree } from '../core/files.ts';
import { onInterrupt } from '../core/interrupt.ts';
import type { PackageLock } from '../repository/lock.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { liveSwaps, recoverPackage, swapNames } from '../repository/recover-package.ts';
import { writeArchive } from './archive.ts';
import { type Assets, findAssets } from './assets.ts';
import { checkArchive, checkOutput } from './output.ts';
import { outputsOf, topFolder } from './outputs.ts';
import type { PackagePlan } from './plan.ts';
import { type PlanOptions, planPackage } from './plan-package.ts';
import { swapIn } from './swap.ts';
import { writePackage } from './write.ts';

export interface PackageOptions extends PlanOptions {
  /** The package folder itself. Default: `<name>-<version>.mdeploy` in the current folder, unless `archive` is given. */
  readonly output?: string;
  /** A .tgz file to write, instead of or beside the folder. */
  readonly archive?: string;
  /** Replace whatever is at `output` and `archive`. */
  readonly force?: boolean;
}

export interface PackageResult {
  readonly plan: PackagePlan;
  readonly lock: PackageLock;
  readonly output?: string;
  readonly archive?: string;
}

/**
 * Makes a package: plan → render → write → lock, in a folder beside the output that takes its place when whole. A
 * kill at any moment leaves the old package or the new one (`recoverPackage`).
 * @throws MdeployError those of `planPackage`, `PACKAGE_UNBUILT`, `PACKAGE_TARGET_OCCUPIED`, `PACKAGE_TARGET_UNSAFE`, `FILE_UNWRITABLE`
 */
export async function packageModel(
  model: OpenedModel,
  options: PackageOptions = {},
  assets?: Assets,
): Promise<PackageResult> {
  const plan = await planPackage(model, options, assets ?? (await findAssets()));
  const { output, archive } = outputsOf(plan, options);
  const force = options.force ?? false;
  if (archive !== undefined) {
    await recoverPackage(archive);
    await checkArchive(archive, { output, files: plan.files, manifest: model.manifestFile, force });
  }
  if (output !== undefined) {
    await recoverPackage(output);
    await checkOutput(output, model.root, force);
  }
  const lock = await inFreshFolder(output, archive, async ({ folder, aside, part }, entering) => {
    const written = await writePackage(plan, folder);
    if (archive !== undefined) await writeArchive(folder, written.files, archive, part, topFolder(plan));
    if (output !== undefined) await entering(swapIn(folder, output, aside));
    return written;
  });
  return { plan, lock, ...(output !== undefined && { output }), ...(archive !== undefined && { archive }) };
}

interface Places {
  readonly folder: string;
  readonly aside: string;
  readonly part: string;
}

async function inFreshFolder<T>(
  output: string | undefined,
  archive: string | undefined,
  work: (places: Places, entering: (swap: Promise<void>) => Promise<void>) => Promise<T>,
): Promise<T> {
  const id = randomBytes(4).toString('hex');
  const beside = swapNames(output ?? archive!, id);
  const places = {
    folder: output === undefined ? beside.staging : beside.fresh,
    aside: beside.aside,
    part: swapNames(archive ?? output!, id).part,
  };
  let swap: Promise<void> | undefined;
  for (const target of [output, archive]) if (target !== undefined) await makeParent(target);
  // An interrupt must not come between the two renames: a swap that has begun is let finish.
  const forget = onInterrupt(() => swap ?? removeTree(places.folder));
  liveSwaps.add(id);
  try {
    return await work(places, (begun) => {
      swap = begun;
      return begun;
    });
  } finally {
    await removeTree(places.folder);
    liveSwaps.delete(id);
    forget();
  }
}

async function makeParent(target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true }).catch((error: unknown) => {
    // The system's "already exists" means that a file stands where the folder should be.
    const isFile = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const reason = isFile ? 'it is not a folder' : reasonOf(error);
    throw failure('FILE_UNWRITABLE', { file: dirname(target), reason }, { cause: error });
  });
}
