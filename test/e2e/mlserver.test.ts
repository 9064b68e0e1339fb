import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/serve/serve.ts';
import { fixturePath } from '../fixtures.ts';
import { ensureVenv } from '../provision/python.ts';
import { clientModels, runClient, serveAll } from './python-client.ts';

// What MLServer brings for clients, unchanged: its codecs and types, its gRPC stubs, and `mlserver infer`.
const requirements = ['mlserver==1.7.1'];
const checks = [
  'health',
  'metadata',
  'repository',
  'predict',
  'real_model',
  'data_frame',
  'strings',
  'eight_megabytes',
  'errors',
  'infer_command',
];

let servers: ReadonlyMap<string, RunningServer> = new Map();
let results: Record<string, string> = {};

beforeAll(async () => {
  const { python } = await ensureVenv('mlserver', requirements);
  const { identity_float16: _, ...models } = clientModels;
  servers = await serveAll({ ...models, credit: fixturePath('sklearn/credit_columns/model.onnx') });
  const addresses = [...servers].map(([name, { grpc, url }]) => [name, [grpc, url]]);
  results = await runClient(python, 'mlserver_codecs.py', Object.fromEntries(addresses));
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
});

test.each(checks)('mlserver: %s', (check) => {
  expect(results[check]).toBe('ok');
});

test('every check of the client has a line here', () => {
  expect(Object.keys(results)).toEqual(checks);
});
