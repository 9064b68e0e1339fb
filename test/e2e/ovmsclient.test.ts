import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/serve/serve.ts';
import { ensureVenv } from '../provision/python.ts';
import { clientModels, runClient, serveAll } from './python-client.ts';

// Intel's client of TensorFlow Serving's two interfaces, unchanged. It asks for version 0 and means the newest.
const requirements = ['ovmsclient==2023.1'];
const checks = [
  'predict_grpc',
  'predict_rest',
  'strings',
  'eight_megabytes',
  'real_model',
  'metadata',
  'status',
  'errors',
];

let servers: ReadonlyMap<string, RunningServer> = new Map();
let results: Record<string, string> = {};

beforeAll(async () => {
  const { python } = await ensureVenv('ovmsclient', requirements);
  servers = await serveAll(clientModels);
  const addresses = [...servers].map(([name, { grpc, url }]) => [name, [grpc, url.replace('http://', '')]]);
  results = await runClient(python, 'ovms.py', Object.fromEntries(addresses));
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
});

test.each(checks)('ovmsclient: %s', (check) => {
  expect(results[check]).toBe('ok');
});

test('every check of the client has a line here', () => {
  expect(Object.keys(results)).toEqual(checks);
});
