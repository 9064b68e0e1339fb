import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

export interface Bundle {
  /** Source files that went in, relative to the repository. */
  readonly inputs: readonly string[];
}

/** The CLI, the library and the helper roles: ES modules in flat, lazily loaded chunks. */
export async function bundleCli(root: string, out: string): Promise<Bundle> {
  const { metafile } = await build({
    ...(await shared(root, 'cli')),
    entryPoints: {
      main: join(root, 'src/cli/main.ts'),
      index: join(root, 'src/index.ts'),
      'engine-worker': join(root, 'src/runtime/engine-worker.ts'),
      'model-probe': join(root, 'src/runtime/model-probe.ts'),
      'server-process': join(root, 'src/serve/processes/server-process.ts'),
    },
    outdir: out,
    splitting: true,
    chunkNames: 'chunk-[hash]',
  });
  // dockerode reads these beside itself when an engine builds through BuildKit.
  await cp(join(root, 'node_modules/dockerode/lib/proto'), join(out, 'proto'), { recursive: true });
  return { inputs: Object.keys(metafile.inputs) };
}

/** The server as one file: what runs inside a package and an image. */
export async function bundleServer(root: string, out: string): Promise<Bundle> {
  const { metafile } = await build({
    ...(await shared(root, 'server')),
    entryPoints: { server: join(root, 'src/serve/main.ts') },
    outdir: out,
    outExtension: { '.js': '.mjs' },
  });
  const foreign = bundledPackages(metafile).filter((name) => notForServers.has(name));
  if (foreign.length > 0) throw new Error(`server.mjs must not contain ${foreign.join(', ')}`);
  return { inputs: Object.keys(metafile.inputs) };
}

// Packages of the command line. They are large, and one that could reach a Docker engine has no place in an image.
const notForServers = new Set([
  'commander',
  'dockerode',
  'docker-modem',
  'ssh2',
  'ora',
  'execa',
  'tar-stream',
]);

async function shared(root: string, kind: 'cli' | 'server') {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    charset: 'utf8',
    legalComments: 'none',
    minifyWhitespace: true,
    logLevel: 'warning',
    metafile: true,
    plugins: [englishOnly, builtinsByRequire],
    // sharp and the runtime hold native libraries; the two others are optional speed-ups of ssh2 that need a compiler.
    external: ['onnxruntime-node', 'sharp', 'cpu-features', '*.node'],
    define: {
      MDEPLOY_BUILD: JSON.stringify(kind),
      MDEPLOY_VERSION: JSON.stringify(version),
      __dirname: '__mdeployFolder',
    },
    // CommonJS dependencies need `require` and `__dirname`, which ES modules lack.
    banner: {
      js: [
        `import { createRequire as __mdeployRequire } from 'node:module';`,
        `const require = __mdeployRequire(import.meta.url), __mdeployFolder = import.meta.dirname;`,
      ].join('\n'),
    },
  } as const satisfies BuildOptions;
}

// zod brings its messages in 50 languages, 450 kB that every start of a server would parse; ours are English.
const englishOnly: Plugin = {
  name: 'english-only',
  setup: ({ onLoad }) => {
    onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
    }));
  },
};

// An import of a builtin module reads all its exports at once, and `node:http` has some that load a second HTTP stack:
// 25 ms of every start.
const builtinsByRequire: Plugin = {
  name: 'builtins-by-require',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : { path, external: true },
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/** npm packages among the inputs of a bundle. */
function bundledPackages(metafile: Pick<Metafile, 'inputs'>): string[] {
  return [...new Set(Object.keys(metafile.inputs).flatMap((input) => packageOf(input)?.name ?? []))].sort();
}

/** `node_modules/@grpc/grpc-js/build/x.js` → `@grpc/grpc-js` and its folder; undefined for our own files. */
export function packageOf(input: string): { readonly name: string; readonly folder: string } | undefined {
  const [, folder, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input) ?? [];
  return folder === undefined || name === undefined ? undefined : { name, folder };
}
