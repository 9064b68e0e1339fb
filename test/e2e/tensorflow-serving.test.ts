import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/serve/serve.ts';
import { ensureServingStubs } from '../provision/tensorflow-messages.ts';
import { clientModels, grpcAddresses, runClient, serveAll } from './python-client.ts';

// What users of TensorFlow Serving call: Google's own stubs, unchanged.
const checks = [
  'predict',
  'strings',
  'fills',
  'eight_megabytes',
  'real_model',
  'classify',
  'regress',
  'multi_inference',
  'metadata',
  'status',
  'errors',
];

const diabetes = join(import.meta.dirname, '..', '..', 'examples', 'diabetes');

let servers: ReadonlyMap<string, RunningServer> = new Map();
let results: Record<string, string> = {};

beforeAll(async () => {
  const { python } = await ensureServingStubs();
  servers = await serveAll({ ...clientModels, diabetes });
  results = await runClient(python, 'tfs_stubs.py', grpcAddresses(servers));
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
});

test.each(checks)('tensorflow-serving-api: %s', (check) => {
  expect(results[check]).toBe('ok');
});

test('every check of the client has a line here', () => {
  expect(Object.keys(results)).toEqual(checks);
});
