import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readNpy, writeNpy } from '../../src/core/npy.ts';
import { planFolder } from '../../src/repository/plan-folder.ts';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { startOf } from '../../src/serve/start.ts';
import { fixturePath } from '../fixtures.ts';
import { irisFile } from '../repository/folders.ts';
import { constantBomb } from '../runtime/hostile-models.ts';

// A container of a multi-model endpoint, as SageMaker drives one: an image with a model of its own, and models that are
// put below a folder while it runs.
let root: string;
let server: RunningServer;

beforeAll(async () => {
  vi.stubEnv('SAGEMAKER_MULTI_MODEL', 'true');
  root = await mkdtemp(join(tmpdir(), 'mdeploy-sagemaker-'));
  await place('own/iris/model.onnx', irisFile);
  await place('models/a1b2/model/model.onnx', irisFile);
  await place('models/c3d4/model/1/model.onnx', irisFile);
  await place('models/wide/model/model.onnx', fixturePath('traits/identity_float64/model.onnx'));
  await mkdir(join(root, 'models/bomb/model'), { recursive: true });
  await writeFile(join(root, 'models/bomb/model/model.onnx'), constantBomb(2 ** 27));
  const limit = 'name: bomb\nmodel: {path: model.onnx}\nruntime: {probe: {max_memory: 400MB}}\n';
  await writeFile(join(root, 'models/bomb/model/model.yaml'), limit);
  const target = join(root, 'own');
  const start = await startOf({ values: { 'log-level': 'silent' }, target, fallback: '.', environment: {} });
  const changes = { plan: () => planFolder(target), roots: [target, join(root, 'models')] };
  server = await serve(start.models, { ...start.options, port: 0, drainDelayMs: 0, changes });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
  await rm(root, { recursive: true });
});

async function place(to: string, from: string): Promise<void> {
  await mkdir(dirname(join(root, to)), { recursive: true });
  await copyFile(from, join(root, to));
}

async function ask(
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer>,
  type = 'application/json',
) {
  const headers = { 'content-type': type, ...(type.includes('npy') && { accept: type }) };
  const reply = await fetch(`${server.url}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body }),
  });
  return { status: reply.status, body: Buffer.from(await reply.arrayBuffer()) };
}

const json = ({ body }: { body: Buffer }) => JSON.parse(body.toString()) as unknown;
const load = (name: string, url = join(root, 'models', name, 'model')) =>
  ask('POST', '/models', JSON.stringify({ model_name: name, url }));

test('loads, tells, predicts with and unloads a model', async () => {
  expect((await load('a1b2')).status).toBe(200);
  expect((await load('a1b2')).status).toBe(409);
  const one = { modelName: 'a1b2', modelUrl: '/opt/ml/models/a1b2/model' };
  expect(json(await ask('GET', '/models/a1b2'))).toEqual(one);
  const own = { modelName: 'iris', modelUrl: '/opt/ml/models/iris/model' };
  expect(json(await ask('GET', '/models'))).toEqual({ models: [own, one] });
  const answer = await ask('POST', '/models/a1b2/invoke', '5.1,3.5,1.4,0.2', 'text/csv');
  expect(json(answer)).toMatchObject({ predictions: [{ label: 0 }] });
  expect((await ask('DELETE', '/models/a1b2')).status).toBe(200);
  expect((await ask('DELETE', '/models/a1b2')).status).toBe(404);
  expect((await ask('GET', '/models/a1b2')).status).toBe(404);
  expect((await ask('POST', '/models/a1b2/invoke', '[[1,2,3,4]]')).status).toBe(404);
  expect((await ask('GET', '/ping')).status).toBe(200);
});

test('finds version folders, and takes 8 MB of NumPy', async () => {
  expect((await load('c3d4')).status).toBe(200);
  expect(json(await ask('POST', '/models/c3d4/invoke', '[[5.1,3.5,1.4,0.2]]'))).toMatchObject({
    predictions: [{ label: 0 }],
  });
  expect((await load('wide')).status).toBe(200);
  const data = Float64Array.from({ length: 1_000_000 }, (_, index) => index / 3);
  const file = new Uint8Array(writeNpy({ name: 'x', datatype: 'FP64', shape: [data.length], data })!);
  const { status, body } = await ask('POST', '/models/wide/invoke', file, 'application/x-npy');
  expect(status).toBe(200);
  expect(readNpy(body, 'x', (reason) => new Error(reason)).data).toEqual(data);
});

test.each([
  ['/dev/null', 400],
  ['/proc/self', 400],
  ['/opt/ml/models/nothing/model', 400],
  ['../elsewhere', 400],
])('a model at %s is refused: %i', async (url, status) => {
  const reply = await load('x', url);
  expect(reply.status).toBe(status);
  expect(json(reply)).toEqual({ error: expect.stringContaining(`There is nothing at "${url}"`) as string });
});

test('a model that does not fit is 507, and all others are still served', async () => {
  const before = json(await ask('GET', '/models'));
  const reply = await load('bomb');
  expect(reply.status).toBe(507);
  expect(reply.body.toString()).not.toContain(root);
  expect(json(await ask('GET', '/models'))).toEqual(before);
});

test('batch transform is told how to ask, of a server with one model', async () => {
  for (const name of ['a1b2', 'c3d4', 'wide']) await ask('DELETE', `/models/${name}`);
  expect(json(await ask('GET', '/execution-parameters'))).toMatchObject({
    BatchStrategy: 'MULTI_RECORD',
    MaxPayloadInMB: 6,
  });
});
