import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sha256 } from '../../src/core/hash.ts';
import { type Layer, lockName, type PackageLock, printLock } from '../../src/repository/lock.ts';

export interface FakePackage {
  readonly root: string;
  readonly lock: PackageLock;
}

export interface FakePackageOptions {
  readonly base?: string;
  readonly dockerfile?: string;
  readonly server?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly platforms?: readonly string[];
}

/** A package by hand: the layout of `mdeploy package` with a server of ten lines, so that an image takes seconds. */
export async function fakePackage(options: FakePackageOptions = {}): Promise<FakePackage> {
  const { base = 'base:1', platforms = ['linux/amd64'], server = tinyServer } = options;
  const root = await mkdtemp(join(tmpdir(), 'mdeploy-package-'));
  const content: Record<string, string> = {
    'node_modules/runtime/index.js': 'module.exports = 1;\n',
    'server.mjs': server,
    'model/model.onnx': 'weights',
    'model/model.yaml': 'name: iris\n',
    Dockerfile: options.dockerfile ?? dockerfileOf(base),
    'README.md': '# iris\n',
    ...options.files,
  };
  const files = Object.entries(content).map(([path, text]) => ({
    path,
    sha256: sha256(text),
    bytes: Buffer.byteLength(text),
    mode: '0644',
    layer: layerOf(path),
  }));
  const lock: PackageLock = {
    schema_version: 1,
    name: 'iris',
    version: '3',
    tool: { name: 'mdeploy', version: '0.1.0' },
    runtime: { name: 'onnxruntime-node', version: '1.30.0' },
    platforms,
    base,
    needs_locale: false,
    files,
  };
  for (const [path, text] of [...Object.entries(content), [lockName, printLock(lock)] as const]) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return { root, lock };
}

/** Names under which people keep secrets beside a model. */
export const canaries = [
  '.env',
  '.git/config',
  '.npmrc',
  '.aws/credentials',
  '.ssh/id_ed25519',
  'id_rsa',
  'server.key',
  'cert.pem',
  'kubeconfig',
  'model/.env',
  'model/credentials.json',
  'node_modules/runtime/.npmrc',
];

export function dockerfileOf(base: string, changes: Readonly<Record<string, string>> = {}): string {
  const lines = {
    FROM: `FROM ${base}`,
    COPY: [
      'COPY ["node_modules/", "node_modules/"]',
      'COPY ["server.mjs", "./"]',
      'COPY ["model/model.onnx", "model/"]',
      'COPY ["model/model.yaml", "model/"]',
      'COPY ["mdeploy.lock.json", "./"]',
    ].join('\n'),
    USER: 'USER 10001:10001',
    EXPOSE: 'EXPOSE 8501',
    HEALTHCHECK: 'HEALTHCHECK --interval=2s CMD ["node", "-e", "process.exit(0)"]',
    ENTRYPOINT: 'ENTRYPOINT ["node", "server.mjs"]',
    ...changes,
  };
  return `${['WORKDIR /app', ...Object.values(lines)].sort((a) => (a.startsWith('FROM') ? -1 : 0)).join('\n')}\n`;
}

const tinyServer = `import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
const facts = { uid: process.getuid(), writable: true, label: 0 };
try { writeFileSync('/app/x', 'x'); } catch { facts.writable = false; }
process.on('SIGTERM', () => process.exit(0));
createServer((request, response) => {
  response.end(request.url === '/readyz' ? 'ready' : JSON.stringify(facts));
}).listen(8501, '0.0.0.0', () => console.log('listening'));
`;

function layerOf(path: string): Layer {
  if (path.startsWith('node_modules/')) return 'runtime';
  if (path.startsWith('server')) return 'server';
  if (path === 'model/model.yaml') return 'manifest';
  return path.startsWith('model/') ? 'model' : 'build';
}
