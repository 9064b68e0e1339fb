import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { failure } from '../core/errors/error.ts';

/**
 * The absolute path that a client's words for a place mean: a path from one of the folders, or from where it lies, or
 * absolute; it must be in one of them, or one of them itself.
 * @throws MdeployError `MODEL_URL_UNKNOWN`; `FEATURE_UNSUPPORTED` for what would have to be fetched or unpacked
 */
export async function findPlace(url: string, roots: readonly string[]): Promise<string> {
  refuseForeign(url);
  const bases = isAbsolute(url) ? ['/'] : [...roots, ...roots.map((root) => dirname(root))];
  for (const base of bases) {
    const path = resolve(base, url);
    if (url !== '' && ((await isInside(path, roots)) || (await isOneOf(path, roots)))) return path;
  }
  throw failure('MODEL_URL_UNKNOWN', { url: url.slice(0, maxShown) }, { field: 'url' });
}

/** Whether there is something at the path, truly below one of the folders: a link inside may lead outside. */
export async function isInside(path: string, roots: readonly string[]): Promise<boolean> {
  const real = await trulyAt(path);
  for (const root of roots) {
    const realRoot = (await trulyAt(root)) ?? root;
    if (real?.startsWith(realRoot.endsWith(sep) ? realRoot : `${realRoot}${sep}`)) return true;
  }
  return false;
}

async function isOneOf(path: string, roots: readonly string[]): Promise<boolean> {
  const real = await trulyAt(path);
  const places = await Promise.all(roots.map(trulyAt));
  return real !== undefined && places.includes(real);
}

function trulyAt(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

// Addresses may hold credentials, so they are not shown.
function refuseForeign(url: string): void {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) {
    const instead = 'Put the model into the folder that is served, and name it by its path from there.';
    throw failure('FEATURE_UNSUPPORTED', { feature: 'Fetching a model from an address', instead }, at);
  }
  if (/\.mar$/i.test(url)) {
    const instead =
      'Convert the model in it with `mdeploy convert`, put the result into the folder that is served, and name that.';
    throw failure('FEATURE_UNSUPPORTED', { feature: 'A model archive (.mar)', instead }, at);
  }
}

const at = { field: 'url' };
const maxShown = 256;
