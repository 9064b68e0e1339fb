import { copyFile, link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Copies what onnxruntime-node needs to run on a CPU, of all platforms, into `target` (a `node_modules` folder).
 * It is vendored because its own install script downloads GPU libraries from outside the registry and fails where it cannot.
 */
export async function vendorRuntime(root: string, target: string): Promise<void> {
  await vendor(join(root, 'node_modules/onnxruntime-node'), join(target, 'onnxruntime-node'), isRuntimeFile);
  await vendor(
    join(root, 'node_modules/onnxruntime-common'),
    join(target, 'onnxruntime-common'),
    isCommonFile,
  );
}

function isRuntimeFile(file: string): boolean {
  return /^dist\/.*\.js$/.test(file) || (file.startsWith('bin/') && !unneeded.test(file));
}

function isCommonFile(file: string): boolean {
  return /^dist\/cjs\/.*(\.js|package\.json)$/.test(file);
}

// DirectML is delay-loaded and dxcompiler/dxil are looked up by name, all by GPU providers only. The binding asks for
// libonnxruntime.1.dylib; the file with the full version is the same library again.
const unneeded = /\/(DirectML|dxcompiler|dxil)\.dll$|\/libonnxruntime\.\d+\.\d+\.\d+\.dylib$/;

async function vendor(source: string, target: string, wanted: (file: string) => boolean): Promise<void> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(source.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter(wanted);
  await mkdir(target, { recursive: true });
  for (const file of files) {
    await mkdir(join(target, dirname(file)), { recursive: true });
    await linkOrCopy(join(source, file), join(target, file));
  }
  await writeFile(join(target, 'package.json'), await prunedPackageJson(join(source, 'package.json')));
  await copyFile(join(import.meta.dirname, 'licenses/onnxruntime.txt'), join(target, 'LICENSE'));
}

// 160 MB of libraries: a link costs nothing where both lie on one file system.
async function linkOrCopy(source: string, target: string): Promise<void> {
  await link(source, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV' && error.code !== 'EPERM') throw error;
    return copyFile(source, target);
  });
}

/** No scripts and no dependencies: nothing in it may ever run an install. */
async function prunedPackageJson(file: string): Promise<string> {
  const { name, version, license, main } = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  return `${JSON.stringify({ name, version, license, main }, undefined, 2)}\n`;
}
