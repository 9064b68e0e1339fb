import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/serve/serve.ts';
import { fixturePath } from '../fixtures.ts';
import { mlmodelText } from '../manifest/mlmodel-text.ts';
import { ensureVenv } from '../provision/python.ts';
import { runClient, serveAll } from './python-client.ts';

// MLflow's client of its own model server, unchanged, against folders as its onnx flavour writes them.
const requirements = ['mlflow-skinny==3.17.2', 'pandas', 'numpy', 'scipy'];
const checks = [
  'health',
  'tensors',
  'data_frames',
  'text_and_numbers',
  'csv_and_records',
  'every_digit',
  'not_finite',
  'eight_megabytes',
  'errors',
];

const column = (name: string) => ({ type: 'float', name, required: true });
const signatures = {
  iris: ['sklearn/iris_logreg', ['sepal length', 'sepal width', 'petal length', 'petal width'].map(column)],
  credit: ['sklearn/credit_columns', ['city', 'age', 'income', 'owner'].map(column)],
  identity_int64: ['traits/identity_int64', null],
  identity_float64: ['traits/identity_float64', null],
} as const;

let root = '';
let servers: ReadonlyMap<string, RunningServer> = new Map();
let results: Record<string, string> = {};

beforeAll(async () => {
  const { python } = await ensureVenv('mlflow', requirements);
  root = await mkdtemp(join(tmpdir(), 'mdeploy-mlflow-'));
  const folders: Record<string, string> = {};
  for (const [name, [fixture, inputs]] of Object.entries(signatures)) {
    const folder = join(root, name);
    await mkdir(folder);
    await copyFile(fixturePath(`${fixture}/model.onnx`), join(folder, 'model.onnx'));
    await writeFile(join(folder, 'MLmodel'), mlmodelText(inputs && [...inputs]));
    folders[name] = folder;
  }
  servers = await serveAll(folders);
  const urls = [...servers].map(([name, { url }]) => [name, url.replace('http://', '')]);
  results = await runClient(python, 'mlflow_client.py', Object.fromEntries(urls));
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
  await rm(root, { recursive: true, force: true });
});

test.each(checks)('MLflow: %s', (check) => {
  expect(results[check]).toBe('ok');
});

test('every check of the client has a line here', () => {
  expect(Object.keys(results)).toEqual(checks);
});
