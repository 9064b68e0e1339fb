import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLock } from '../../src/repository/lock.ts';
import { verifyLock } from '../../src/repository/verify-lock.ts';
import { difference, loadCase } from '../fixtures.ts';
import { cacheFolder } from '../provision/cache.ts';
import { runCommand } from '../provision/command.ts';
import { ensureNode, type NodeMajor } from '../provision/nodes.ts';

const root = join(import.meta.dirname, '../..');
const iris = loadCase('sklearn/iris_logreg');
const matrix = [
  { node: 22, npm: 10 },
  { node: 24, npm: 11 },
  { node: 26, npm: 11 },
] as const satisfies readonly { node: NodeMajor; npm: number }[];

let work: string;
let tarball: string;
const locks = new Map<string, string>();

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'mdeploy-npm-'));
  const printed = await runCommand('npm', ['pack', '--json', '--pack-destination', work], { cwd: root });
  tarball = join(work, /mdeploy-[\w.-]+\.tgz/.exec(printed)![0]);
  await cp(iris.modelPath, join(work, 'model.onnx'));
  await writeFile(join(work, 'model.yaml'), 'name: iris\nmodel: {path: model.onnx}\n');
});

afterAll(() => rm(work, { recursive: true, force: true }));

describe('the published tarball', () => {
  test('holds the build and the templates, no sources, and is small enough to download', async () => {
    const files = (await runCommand('tar', ['tzf', tarball])).trim().split('\n');
    const tops = new Set(files.map((file) => file.split('/')[1]));
    const allowed = ['LICENSE', 'README.md', 'CHANGELOG.md', 'bin', 'dist', 'package.json', 'templates'];
    expect([...tops].filter((top) => !allowed.includes(top!))).toEqual([]);
    expect(files.filter((file) => /\.ts$/.test(file) && !file.endsWith('.d.ts'))).toEqual([]);
    for (const needed of ['server.mjs', 'model.schema.json', 'THIRD-PARTY-NOTICES', 'types/index.d.ts'])
      expect(files).toContain(`package/dist/${needed}`);
    expect((await stat(tarball)).size).toBeLessThan(80e6);
  });

  test('depends on sharp alone, whose libraries come prebuilt, and runs no script on install', async () => {
    const text = await runCommand('tar', ['xzOf', tarball, 'package/package.json']);
    const manifest = JSON.parse(text) as { dependencies: object; scripts: object };
    expect(Object.keys(manifest.dependencies)).toEqual(['sharp']);
    expect(Object.keys(manifest.scripts).filter((name) => /install$|^prepare$/.test(name))).toEqual([]);
    const runtime = 'package/dist/runtime/node_modules/onnxruntime-node/package.json';
    expect(Object.keys(JSON.parse(await runCommand('tar', ['xzOf', tarball, runtime])) as object)).toEqual([
      'name',
      'version',
      'license',
      'main',
    ]);
  });

  test('names the licence of every package that was bundled', async () => {
    const notices = await runCommand('tar', ['xzOf', tarball, 'package/dist/THIRD-PARTY-NOTICES']);
    for (const name of ['commander', 'yaml', 'zod', 'ora', 'dockerode', 'pino', 'tar-stream'])
      expect(notices).toMatch(new RegExp(`^${name} [\\d.]+ \\((MIT|ISC|Apache-2.0)\\)$`, 'm'));
  });
});

describe.each(matrix)(
  'installed with npm $npm on Node $node, without compiler and sources',
  ({ node, npm }) => {
    let prefix: string;
    let env: NodeJS.ProcessEnv;
    let mdeploy: string;

    beforeAll(async () => {
      prefix = join(work, `prefix-${node}`);
      env = await bareEnvironment(node, prefix);
      const args = ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', tarball];
      await run(join(prefix, 'path/node'), [await npmCli(npm), ...args], env);
      mdeploy = join(prefix, 'bin/mdeploy');
    });

    test('prints version and help', async () => {
      expect((await run(mdeploy, ['--version'], env)).stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
      expect((await run(mdeploy, ['--help'], env)).stdout).toContain('build-image');
    });

    test('every verb loads', async () => {
      const { stdout } = await run(mdeploy, ['--help'], env);
      const verbs = [...stdout.matchAll(/^ {2}([a-z][a-z-]*) {2,}/gm)].map(([, verb]) => verb!);
      expect(verbs.length).toBeGreaterThan(8);
      for (const verb of verbs.filter((name) => name !== 'help'))
        expect((await run(mdeploy, [verb, '--help'], env)).stdout).toContain(`mdeploy ${verb}`);
    });

    test('packages a model that then serves by itself, with the golden answer', async () => {
      const output = join(prefix, 'out', 'iris');
      await run(mdeploy, ['validate', work], env);
      await run(mdeploy, ['package', work, '-o', output], env);
      await verifyLock(output, await readLock(output));
      locks.set(`${node}`, await readFile(join(output, 'mdeploy.lock.json'), 'utf8'));
      await checkServer(
        spawn(join(prefix, 'path/node'), [join(output, 'server.mjs'), '--port', '0'], { env, cwd: '/' }),
      );
      await checkServer(spawn(mdeploy, ['serve', output, '--port', '0'], { env, cwd: '/' }));
      const several = ['serve', output, '--port', '0', '--processes', '2'];
      await checkServer(spawn(mdeploy, several, { env, cwd: '/' }));
    });

    test('shows a plan without writing, and says with its exit code what went wrong', async () => {
      const output = join(prefix, 'planned');
      const platforms = 'linux/amd64,linux/arm64';
      const args = ['package', work, '-o', output, '--platform', platforms, '--dry-run', '--json'];
      const plan = JSON.parse((await run(mdeploy, args, env)).stdout) as Record<string, unknown>;
      expect(plan).toMatchObject({
        schema_version: 1,
        dry_run: true,
        platforms: platforms.split(','),
        output,
      });
      expect(JSON.stringify(plan.files)).toContain('linux/arm64/libonnxruntime.so.1');
      await expect(stat(output)).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(run(mdeploy, ['package', work, '--platform', 'solaris/sparc'], env)).rejects.toMatchObject(
        {
          code: 2,
          stderr: expect.stringContaining('PACKAGE_PLATFORM'),
        },
      );
      await expect(run(mdeploy, ['package', work, '-o', join(prefix, 'lib')], env)).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining('PACKAGE_TARGET_OCCUPIED'),
      });
    });

    test('is a library', async () => {
      await mkdir(join(prefix, 'app/node_modules'), { recursive: true });
      await symlink(join(prefix, 'lib/node_modules/mdeploy'), join(prefix, 'app/node_modules/mdeploy'));
      const file = join(prefix, 'app/app.mjs');
      await writeFile(file, `import * as lib from 'mdeploy'; console.log(Object.keys(lib).join());`);
      const { stdout } = await run(join(prefix, 'path/node'), [file], env);
      expect(stdout).toContain('openModel');
      await writeFile(
        join(prefix, 'app/app.mts'),
        `import { openModel } from 'mdeploy';\nconst model = await openModel('x');\nconst name: string = model.manifest.name;\n// @ts-expect-error\nconst wrong: number = model.manifest.name;\nconsole.log(name, wrong);\n`,
      );
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      // skipLibCheck, as `tsc --init` writes it: inner declarations name packages that are bundled.
      const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024'];
      const roots = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
      await run(process.execPath, [tsc, ...flags, ...roots, join(prefix, 'app/app.mts')], process.env);
    });
  },
);

test('all of them made the same package, to the byte', () => {
  expect(locks.size).toBe(matrix.length);
  expect(new Set(locks.values()).size).toBe(1);
});

/** A PATH with node and a shell only: whoever calls a compiler, Python or git fails. */
async function bareEnvironment(node: NodeMajor, prefix: string): Promise<NodeJS.ProcessEnv> {
  const path = join(prefix, 'path');
  await mkdir(join(prefix, 'home'), { recursive: true });
  await mkdir(path, { recursive: true });
  await symlink(await ensureNode(node), join(path, 'node'));
  await symlink('/bin/sh', join(path, 'sh'));
  await chmod(prefix, 0o755);
  const config = process.env.NPM_CONFIG_USERCONFIG ?? process.env.npm_config_userconfig;
  const registry =
    process.env.npm_config_registry ?? (await runCommand('npm', ['config', 'get', 'registry'])).trim();
  return {
    PATH: path,
    HOME: join(prefix, 'home'),
    npm_config_registry: registry,
    ...(config !== undefined && { npm_config_userconfig: config }),
    ...(process.env.NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS }),
  };
}

async function npmCli(major: number): Promise<string> {
  const folder = await cacheFolder('npm', String(major));
  const cli = join(folder, 'node_modules/npm/bin/npm-cli.js');
  const there = await stat(cli).catch(() => undefined);
  if (!there)
    await runCommand('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `npm@${major}`]);
  return cli;
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  return promisify(execFile)(program, [...args], { env, cwd: '/', maxBuffer: 1 << 26 });
}

async function checkServer(server: ChildProcess): Promise<void> {
  try {
    const url = await urlOf(server);
    const [input] = iris.inputs;
    const width = input!.shape[1]!;
    const values = [...(input!.data as Float32Array)];
    const rows = Array.from({ length: input!.shape[0]! }, (_, row) =>
      values.slice(row * width, (row + 1) * width),
    );
    const response = await fetch(`${url}/v1/models/iris:predict`, {
      method: 'POST',
      body: JSON.stringify({ inputs: { [input!.name]: rows } }),
    });
    expect(response.status).toBe(200);
    const { outputs } = (await response.json()) as { outputs: Record<string, number[][]> };
    const expected = iris.outputs.find((tensor) => tensor.datatype === 'FP32')!;
    const data = Float32Array.from(outputs[expected.name]!.flat());
    expect(difference({ ...expected, data }, expected, iris.tolerance)).toBeUndefined();
    const metrics = await fetch(`${url}/metrics`);
    expect([metrics.status, await metrics.text()]).toEqual([
      200,
      expect.stringMatching(/mdeploy_requests_total\{model="iris",api="predict",code="200"\} 1\n/),
    ]);
    expect(await (await fetch(`${url}/v2/models/iris/stats`)).json()).toMatchObject({
      model_stats: [{ inference_count: rows.length }],
    });
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  } finally {
    server.kill('SIGKILL');
  }
}

async function urlOf(server: ChildProcess): Promise<string> {
  let log = '';
  const note = (chunk: Buffer) => {
    log += chunk.toString();
  };
  server.stdout!.on('data', note);
  server.stderr!.on('data', note);
  for (let wait = 0; wait < 200; wait++) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(log)?.[0];
    if (url !== undefined && (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200)
      return url;
    if (server.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the server was not ready:\n${log}`);
}
