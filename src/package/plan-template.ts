import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { pathFault } from '../repository/package-path.ts';
import type { PlannedFile } from './plan.ts';
import { filesUnder } from './plan-files.ts';
import { openUserFile, planUserFile } from './plan-model.ts';
import { renderFile, templateSuffix } from './render.ts';
import type { Variables } from './template.ts';

/**
 * The `build` layer: Dockerfile, .dockerignore, README.md and whatever a user's template folder adds. A file of the
 * user's replaces the default one of the same name; `x.tmpl` is filled and becomes `x`, all else is copied as it is.
 * @throws MdeployError `FILE_UNREADABLE`, `TEMPLATE_INVALID`, `TEMPLATE_VALUE`, `PACKAGE_FILE_NAME`, `PACKAGE_INPUT_UNSAFE`
 */
export async function planTemplate(
  defaults: string,
  custom: string | undefined,
  variables: Variables,
): Promise<PlannedFile[]> {
  const files = new Map<string, PlannedFile>();
  for (const [folder, own] of [
    [defaults, false],
    [custom === undefined ? undefined : resolve(custom), true],
  ] as const) {
    if (folder === undefined) continue;
    for (const name of await namesIn(folder)) {
      const planned = await planOne(folder, name, own, variables);
      files.set(planned.path, planned);
    }
  }
  return [...files.values()];
}

async function planOne(
  folder: string,
  name: string,
  own: boolean,
  variables: Variables,
): Promise<PlannedFile> {
  const path = name.endsWith(templateSuffix) ? name.slice(0, -templateSuffix.length) : name;
  const reason = taken.has(path.split('/', 1)[0]!.toLowerCase())
    ? 'mdeploy writes that part of a package itself'
    : pathFault(path);
  if (reason !== undefined)
    throw failure('PACKAGE_FILE_NAME', { file: name, reason }, { at: { file: join(folder, name) } });
  if (path !== name) {
    const text = renderFile(path, await templateText(folder, name, own), variables);
    return { path, layer: 'build', bytes: Buffer.byteLength(text), source: { kind: 'text', text } };
  }
  if (own) return planUserFile(path, folder, name, 'build');
  const file = join(folder, name);
  return { path, layer: 'build', bytes: (await stat(file)).size, source: { kind: 'asset', file } };
}

const taken = new Set([
  'server.mjs',
  'third-party-notices',
  'node_modules',
  'locale',
  'model',
  'mdeploy.lock.json',
]);

async function templateText(folder: string, name: string, own: boolean): Promise<string> {
  if (!own) return readFile(join(folder, name), 'utf8');
  const handle = await openUserFile(folder, name);
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await filesUnder(folder)).sort();
  } catch (error) {
    throw failure('FILE_UNREADABLE', { file: folder, reason: reasonOf(error) }, { cause: error });
  }
}
