import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { version } from '../core/version.ts';

/** What `npm run build` made and every package gets a copy of. All paths are absolute. */
export interface Assets {
  readonly server: string;
  /** Licences of what is inside the server bundle. */
  readonly notices: string;
  /** A `node_modules` folder with onnxruntime-node for all platforms and onnxruntime-common. */
  readonly runtime: string;
  readonly runtimeVersion: string;
  /** The folder of the default templates. */
  readonly templates: string;
  readonly toolVersion: string;
  /** Where the search for sharp begins. */
  readonly root: string;
}

declare const MDEPLOY_BUILD: 'cli' | 'server' | undefined;

/**
 * @param root folder of the installed package or clone
 * @throws MdeployError `PACKAGE_UNBUILT` in a clone where nothing was built yet
 */
export async function findAssets(root = ownRoot()): Promise<Assets> {
  const server = join(root, 'dist/server.mjs');
  const notices = join(root, 'dist/server.NOTICES');
  const runtime = join(root, 'dist/runtime/node_modules');
  const manifest = join(runtime, 'onnxruntime-node/package.json');
  for (const file of [server, notices, manifest]) {
    if (!existsSync(file)) throw failure('PACKAGE_UNBUILT', { file }, { at: { file } });
  }
  const { version: runtimeVersion } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const templates = join(root, 'templates/app');
  return { server, notices, runtime, runtimeVersion, templates, toolVersion: version, root };
}

// The built chunks lie in dist/, this source in src/package/.
function ownRoot(): string {
  return join(import.meta.dirname, typeof MDEPLOY_BUILD === 'undefined' ? '../..' : '..');
}
