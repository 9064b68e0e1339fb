import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { startOf } from '../../src/serve/start.ts';
import { fixturePath } from '../fixtures.ts';
import { ensureVenv } from '../provision/python.ts';
import { clientModels, runClient } from './python-client.ts';

// The curl calls of TorchServe's page on its management API, and a client of it, against a folder of models.
const iris = fixturePath('sklearn/iris_logreg/model.onnx');
const checks = ['over_rest', 'errors_over_rest', 'over_grpc', 'errors_over_grpc', 'eight_megabytes'];

let root: string;
let server: RunningServer;
let results: Record<string, string> = {};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mdeploy-torchserve-'));
  const files = { 'noop/1/model.onnx': iris, 'noop/2/model.onnx': iris };
  await place(files);
  const values = { 'allow-repository-changes': true, 'log-level': 'silent' };
  const start = await startOf({ values, target: root, fallback: '.', environment: {} });
  server = await serve(start.models, { ...start.options, port: 0, grpcPort: 0, drainDelayMs: 0 });
  // What the server was not started with, like a file that is put into a model store.
  await place({ 'spare.onnx': iris, 'wide.onnx': clientModels.identity_float64 });
  await writeFile(join(root, 'broken.onnx'), 'no model');
});

afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true });
});

async function place(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [to, from] of Object.entries(files)) {
    await mkdir(dirname(join(root, to)), { recursive: true });
    await copyFile(from, join(root, to));
  }
}

async function curl(...words: string[]) {
  const path = words.pop() ?? '';
  const { stdout } = await execa('curl', ['-sS', '-w', '%{http_code}', ...words, `${server.url}${path}`]);
  return { status: Number(stdout.slice(-3)), document: JSON.parse(stdout.slice(0, -3)) as unknown };
}

describe('the documented curl calls', () => {
  const processing = { status: 'Processing worker updates...' };

  test('register, predict, scale, describe, unregister', async () => {
    expect(await curl('-X', 'POST', '/models?url=spare.onnx')).toEqual({
      status: 200,
      document: { status: 'Model "spare" Version: 1 registered with 1 initial workers' },
    });
    expect(await curl('-d', '[5.1, 3.5, 1.4, 0.2]', '/predictions/spare')).toMatchObject({
      status: 200,
      document: { label: 0 },
    });
    expect(await curl('-v', '-X', 'PUT', '/models/spare?min_worker=1')).toEqual({
      status: 202,
      document: processing,
    });
    expect(await curl('-v', '-X', 'PUT', '/models/spare?min_worker=1&synchronous=true')).toEqual({
      status: 200,
      document: { status: 'Workers scaled to 1 for model: spare' },
    });
    expect(await curl('/models/spare')).toMatchObject({
      status: 200,
      document: [{ modelName: 'spare', modelVersion: '1', loadedAtStartup: false, minWorkers: 1 }],
    });
    expect(await curl('-X', 'DELETE', '/models/spare/1.0')).toEqual({
      status: 200,
      document: { status: 'Model "spare" unregistered' },
    });
    expect(await curl('/models/spare')).toMatchObject({
      status: 404,
      document: { code: 404, type: 'ModelNotFoundException' },
    });
  });

  test('register with workers, waited for or not', async () => {
    const url = '/models?initial_workers=1&url=spare.onnx&model_name=squeezenet_v1.1';
    expect(await curl('-v', '-X', 'POST', `${url}&synchronous=false`)).toEqual({
      status: 202,
      document: processing,
    });
    await curl('-X', 'DELETE', '/models/squeezenet_v1.1');
    expect(await curl('-v', '-X', 'POST', `${url}&synchronous=true`)).toEqual({
      status: 200,
      document: { status: 'Model "squeezenet_v1.1" Version: 1 registered with 1 initial workers' },
    });
    await curl('-X', 'DELETE', '/models/squeezenet_v1.1');
  });

  test('versions', async () => {
    const versions = ({ document }: { document: unknown }) =>
      (document as { modelVersion: string }[]).map(({ modelVersion }) => modelVersion);
    expect(versions(await curl('/models/noop'))).toEqual(['2']);
    expect(versions(await curl('/models/noop/1.0'))).toEqual(['1']);
    expect(versions(await curl('/models/noop/all'))).toEqual(['2', '1']);
    expect(versions(await curl('/models/noop?customized=true'))).toEqual(['2']);
    expect(await curl('-v', '-X', 'PUT', '/models/noop/2.0?min_worker=1&synchronous=true')).toMatchObject({
      document: { status: 'Workers scaled to 1 for model: noop, version: 2.0' },
    });
    expect(await curl('-v', '-X', 'PUT', '/models/noop/1.0/set-default')).toEqual({
      status: 200,
      document: { status: 'Default version successfully updated for model "noop" to "1.0"' },
    });
    expect(versions(await curl('/models/noop'))).toEqual(['1']);
    expect(await curl('-v', '-X', 'PUT', '/models/noop/2.0/set-default')).toMatchObject({ status: 200 });
  });

  test('lists, and the description of the API', async () => {
    expect(await curl('/models')).toEqual({
      status: 200,
      document: { models: [{ modelName: 'noop', modelUrl: 'noop.onnx' }] },
    });
    expect(await curl('/models?limit=2&next_page_token=2')).toEqual({
      status: 200,
      document: { models: [] },
    });
    expect(await curl('-X', 'OPTIONS', '/')).toMatchObject({ status: 200, document: { openapi: '3.1.0' } });
  });

  test.each([
    ['POST', '/models?url=https://torchserve.pytorch.org/mar_files/squeezenet1_1.mar', 501],
    ['POST', '/models?url=squeezenet1_1.mar', 501],
    ['PUT', '/models/noop?min_worker=3', 501],
    ['DELETE', '/models/noop', 403],
  ])('%s %s cannot be done, and says what can: %i', async (method, path, code) => {
    expect(await curl('-X', method, path)).toMatchObject({
      status: code,
      document: {
        code,
        type: expect.any(String) as string,
        message: expect.stringMatching(/.{40}/) as string,
      },
    });
  });
});

describe('torchserve-client', () => {
  beforeAll(async () => {
    const { python } = await ensureVenv('torchserve', ['torchserve-client==0.0.2', 'setuptools<81']);
    const at = { rest: server.url.replace('http://', ''), grpc: server.grpc };
    results = await runClient(python, 'torchserve_management.py', at);
  });

  test.each(checks)('%s', (check) => {
    expect(results[check]).toBe('ok');
  });

  test('every check of the client has a line here', () => {
    expect(Object.keys(results)).toEqual(checks);
  });
});
