import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { startOf } from '../../src/serve/start.ts';
import { fixturePath } from '../fixtures.ts';
import { ensureVenv } from '../provision/python.ts';
import { ensureServingStubs } from '../provision/tensorflow-messages.ts';

// Triton's and TensorFlow Serving's own clients load, unload and reload models of a server that allows it.
let root: string;
let server: RunningServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mdeploy-changes-'));
  for (const folder of ['iris/1', 'iris/2', 'rose/1']) {
    await mkdir(join(root, folder), { recursive: true });
    await copyFile(fixturePath('sklearn/iris_logreg/model.onnx'), join(root, folder, 'model.onnx'));
  }
  const values = { 'allow-repository-changes': true, 'log-level': 'silent' };
  const start = await startOf({ values, target: root, fallback: '.', environment: {} });
  server = await serve(start.models, { ...start.options, port: 0, grpcPort: 0, drainDelayMs: 0 });
});

afterEach(async () => {
  await server.stop();
  await rm(root, { recursive: true });
});

async function run(python: string, clients: string): Promise<Record<string, string>> {
  const script = join(import.meta.dirname, 'clients', 'repository_changes.py');
  const at = { rest: server.url.replace('http://', ''), grpc: server.grpc, root };
  const { stdout } = await execa(python, [script, JSON.stringify(at), clients], { timeout: 300_000 });
  return JSON.parse(stdout) as Record<string, string>;
}

test('tritonclient, http and grpc', async () => {
  const { python } = await ensureVenv('tritonclient-both', ['tritonclient[http,grpc]==2.73.0']);
  expect(await run(python, 'triton')).toEqual({ triton_over_http: 'ok', triton_over_grpc: 'ok' });
});

test('tensorflow-serving-api', async () => {
  const { python } = await ensureServingStubs();
  expect(await run(python, 'tensorflow')).toEqual({ tensorflow_reload: 'ok' });
});
