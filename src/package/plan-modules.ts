import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failure } from '../core/errors/error.ts';
import type { PlannedFile } from './plan.ts';
import { filesUnder, plannedAsset } from './plan-files.ts';
import type { Platform } from './platforms.ts';

/**
 * An npm package with native parts, as sharp has them: its code, what it depends on, and its libraries for the wanted
 * platforms, as installed beside mdeploy.
 * @param from folder where the search for `node_modules` begins, upwards
 * @throws MdeployError `PACKAGE_MODULE_MISSING`
 */
export async function planNativeModule(
  name: string,
  from: string,
  platforms: readonly Platform[],
): Promise<PlannedFile[]> {
  const root = findModule(from, name);
  if (root === undefined) throw missingModule(from, platforms.map((each) => each.name).join(', '), [name]);
  const common = await closure(root, new Map([[name, root]]));
  const files = await Promise.all([...common].map(([each, folder]) => planModule(each, folder)));
  for (const platform of platforms) files.push(...(await nativeParts(from, root, platform)));
  return files.flat();
}

async function nativeParts(from: string, root: string, platform: Platform): Promise<PlannedFile[][]> {
  const { optionalDependencies = {} } = await packageJson(root);
  const names = Object.keys(optionalDependencies).filter((name) =>
    name.endsWith(`-${platform.os}-${platform.arch}`),
  );
  const missing = names.filter((name) => findModule(root, name) === undefined);
  if (missing.length > 0) {
    const pinned = missing.map((name) => `${name}@${optionalDependencies[name]}`);
    throw missingModule(from, platform.name, pinned);
  }
  return Promise.all(names.map((name) => planModule(name, findModule(root, name)!, platform.name)));
}

function missingModule(from: string, platform: string, names: readonly [string, ...string[]] | string[]) {
  return failure('PACKAGE_MODULE_MISSING', {
    package: names.join(' and '),
    platform,
    command: installCommand(from, names),
  });
}

async function planModule(name: string, folder: string, platform?: string): Promise<PlannedFile[]> {
  const all = await filesUnder(folder);
  const files = all.filter((file) => needed.test(file));
  // libvips states the licences of its parts in its README alone.
  if (!files.some((file) => /^licen[cs]e/i.test(file)))
    files.push(...all.filter((file) => file === 'README.md'));
  return Promise.all(
    files.map((file) =>
      plannedAsset(
        `node_modules/${name}/${file}`,
        join(folder, file),
        platform === undefined ? {} : { platform },
      ),
    ),
  );
}

// Code, native libraries, package.json and licences; no sources, headers, declarations or install scripts.
const needed =
  /^(?!src\/|install\/|node_modules\/)(.*\.([cm]?js|node|dylib|dll)|.*\.so(\.[\d.]+)?|(.*\/)?package\.json|versions\.json|LICEN[CS]E[^/]*)$/i;

async function closure(folder: string, found: Map<string, string>): Promise<ReadonlyMap<string, string>> {
  const { dependencies = {} } = await packageJson(folder);
  for (const name of Object.keys(dependencies)) {
    if (found.has(name)) continue;
    const next = findModule(folder, name);
    if (next === undefined) continue;
    found.set(name, next);
    await closure(next, found);
  }
  return found;
}

/** Node's own search: `node_modules/<name>` in the folder and every one above it. */
function findModule(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

// --force: npm refuses packages of another platform without it. Beside a global mdeploy they are found going upwards.
function installCommand(root: string, names: readonly string[]): string {
  const installed = basename(dirname(root)) === 'node_modules';
  const global = installed && basename(dirname(dirname(root))) === 'lib';
  return `npm install ${global ? '--global' : '--no-save'} --force ${names.join(' ')}`;
}

interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

async function packageJson(folder: string): Promise<PackageJson> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageJson;
}
