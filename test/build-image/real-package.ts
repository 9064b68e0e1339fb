import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleServer } from '../../scripts/build/bundles.ts';
import { writeNotices } from '../../scripts/build/notices.ts';
import { vendorRuntime } from '../../scripts/build/runtime.ts';
import type { Assets } from '../../src/package/assets.ts';
import { packageModel } from '../../src/package/package.ts';
import { openModel } from '../../src/repository/open-model.ts';
import type { OpenedModel } from '../../src/repository/opened-model.ts';

const repository = join(import.meta.dirname, '../..');

export interface RealPackage {
  readonly root: string;
  readonly opened: OpenedModel;
  /** To be removed after the tests. */
  readonly folder: string;
}

/** A package of an example with the server of this source tree, whether or not the clone was built. */
export async function realPackage(example: string, base: string): Promise<RealPackage> {
  return realPackageOf(join(repository, 'examples', example), base);
}

/** The same of any model folder, which is left as it is. */
export async function realPackageOf(
  source: string,
  base: string,
  changes: Partial<OpenedModel> = {},
): Promise<RealPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'mdeploy-real-'));
  const assets = await makeAssets(join(folder, 'assets'));
  await cp(source, join(folder, 'model'), { recursive: true });
  const opened = await openModel(join(folder, 'model'));
  const { manifest } = opened;
  const model = { ...opened, ...changes, manifest: { ...manifest, image: { ...manifest.image, base } } };
  const root = join(folder, 'package');
  await packageModel(model, { output: root, platforms: ['linux/amd64'] }, assets);
  return { root, opened, folder };
}

async function makeAssets(folder: string): Promise<Assets> {
  const runtime = join(folder, 'runtime/node_modules');
  const [{ inputs }] = await Promise.all([
    bundleServer(repository, folder),
    vendorRuntime(repository, runtime),
  ]);
  await writeNotices(repository, join(folder, 'server.NOTICES'), inputs);
  return {
    server: join(folder, 'server.mjs'),
    notices: join(folder, 'server.NOTICES'),
    runtime,
    runtimeVersion: '1.30.0',
    templates: join(repository, 'templates/app'),
    toolVersion: '0.0.0-test',
    root: repository,
  };
}
