import { join } from 'node:path';
import type { Assets } from './assets.ts';
import type { PlannedFile } from './plan.ts';
import { filesUnder, plannedAsset } from './plan-files.ts';
import { planNativeModule } from './plan-modules.ts';
import type { Platform } from './platforms.ts';

/**
 * The `runtime` layer: onnxruntime-node with the libraries of the wanted platforms only, onnxruntime-common, and
 * the npm packages that the manifest's steps need (sharp for pictures).
 * @throws MdeployError `PACKAGE_MODULE_MISSING`
 */
export async function planRuntime(
  assets: Assets,
  platforms: readonly Platform[],
  modules: readonly string[],
): Promise<PlannedFile[]> {
  const runtime = await filesUnder(assets.runtime);
  const wanted = runtime.flatMap((path) => {
    const [, os, arch] = /^onnxruntime-node\/bin\/napi-v6\/([^/]+)\/([^/]+)\//.exec(path) ?? [];
    if (os === undefined) return [{ path }];
    const platform = platforms.find((each) => each.os === os && each.arch === arch);
    return platform ? [{ path, platform: platform.name }] : [];
  });
  const files = await Promise.all(
    wanted.map(({ path, ...rest }) => plannedAsset(`node_modules/${path}`, join(assets.runtime, path), rest)),
  );
  const native = await Promise.all(modules.map((name) => planNativeModule(name, assets.root, platforms)));
  return [...files, ...native.flat()];
}
