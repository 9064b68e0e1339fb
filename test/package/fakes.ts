import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Manifest } from '../../src/manifest/manifest.ts';
import type { OnnxModel } from '../../src/onnx/model.ts';
import type { Assets } from '../../src/package/assets.ts';
import type { LocalePlaces } from '../../src/package/plan-locale.ts';
import type { OpenedModel } from '../../src/repository/opened-model.ts';

/** A new empty folder with its real path (on some systems the temporary folder is a link). */
export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'mdeploy-package-'));
}

export async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** The shape of what the build makes, with small contents. */
export async function fakeAssets(root: string): Promise<Assets> {
  const library = (platform: string) => `runtime/onnxruntime-node/bin/napi-v6/${platform}/binding.node`;
  await writeFiles(root, {
    'server.mjs': 'serve();\n',
    'server.NOTICES': 'licences\n',
    'runtime/onnxruntime-node/package.json': '{"name":"onnxruntime-node","version":"1.30.0"}',
    'runtime/onnxruntime-node/dist/index.js': 'exports.x = 1;\n',
    'runtime/onnxruntime-common/package.json': '{"name":"onnxruntime-common"}',
    [library('linux/x64')]: 'linux x64',
    [library('linux/arm64')]: 'linux arm64',
    [library('darwin/arm64')]: 'darwin arm64',
    [library('win32/x64')]: 'windows x64',
    [library('win32/arm64')]: 'windows arm64',
  });
  return {
    server: join(root, 'server.mjs'),
    notices: join(root, 'server.NOTICES'),
    runtime: join(root, 'runtime'),
    runtimeVersion: '1.30.0',
    templates: join(import.meta.dirname, '../../templates/app'),
    toolVersion: '0.1.0',
    root,
  };
}

/** A folder of installed locales with one that is whole, each file holding its own name; no compiler. */
export async function fakeLocale(installed: string, name: string): Promise<LocalePlaces> {
  const files = localeFiles.map((file) => [`${name}/${file}`, `${name} ${file}`.repeat(100)]);
  await writeFiles(installed, Object.fromEntries(files));
  return { installed, localedef: '/nonexistent/localedef' };
}

/** What glibc wants in the folder of a locale. */
export const localeFiles = [
  'LC_ADDRESS',
  'LC_COLLATE',
  'LC_CTYPE',
  'LC_IDENTIFICATION',
  'LC_MEASUREMENT',
  'LC_MESSAGES/SYS_LC_MESSAGES',
  'LC_MONETARY',
  'LC_NAME',
  'LC_NUMERIC',
  'LC_PAPER',
  'LC_TELEPHONE',
  'LC_TIME',
];

export const manifest: Manifest = {
  schema_version: 1,
  name: 'iris',
  version: '3',
  description: 'Irises, *by* length & width',
  model: { path: 'model.onnx', format: 'onnx' },
  inputs: [{ name: 'X', datatype: 'FP32', shape: ['batch', 4] }],
  outputs: [{ name: 'label', datatype: 'INT64', shape: ['batch'] }],
  preprocess: [],
  postprocess: [],
  samples: [
    { inputs: 'samples/0.in.json', outputs: 'samples/0.out.json', tolerance: { rtol: 1e-4, atol: 1e-5 } },
  ],
  serving: {
    protocols: ['plain', 'tfs'],
    max_body_bytes: 67108864,
    timeout_ms: 30000,
    queue: { max_size: 512, timeout_ms: 1000 },
    warmup: 'samples',
    drain_timeout_ms: 25000,
  },
  runtime: {
    providers: ['cpu'],
    intra_op_threads: 'auto',
    accelerator: 'none',
    probe: { timeout_ms: 60000, max_memory_bytes: 4294967296 },
  },
  image: {
    base: 'docker.io/library/node:26-bookworm-slim',
    platforms: ['linux/amd64'],
    env: { B: 'two', A: 'say "hi" for $5 \\o/' },
    labels: { 'example.org/team': "o'Brien" },
  },
  variants: [],
};

/** A model folder on disk as `openModel` would describe it; nothing here loads the model. */
export async function fakeModel(root: string, changes: Partial<OpenedModel> = {}): Promise<OpenedModel> {
  await writeFiles(root, {
    'model.yaml': 'name: iris\n',
    'model.onnx': 'weights',
    'secret.pem': 'not for packages',
    'samples/0.in.json': '{}',
    'samples/0.out.json': '{}',
  });
  return {
    kind: 'folder',
    root,
    manifestFile: join(root, 'model.yaml'),
    manifest,
    onnx: { locales: [] } as unknown as OnnxModel,
    modelPath: join(root, 'model.onnx'),
    variants: [],
    files: ['model.onnx', 'samples/0.in.json', 'samples/0.out.json'],
    warnings: [],
    ...changes,
  };
}
