import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/serve/serve.ts';
import { ensureVenv } from '../provision/python.ts';
import { clientModels, grpcAddresses, runClient, serveAll } from './python-client.ts';

// NVIDIA's own client, unchanged.
const requirements = ['tritonclient[grpc]==2.73.0'];
const checks = [
  'health',
  'metadata',
  'every_width',
  'none_and_many',
  'strings',
  'eight_megabytes',
  'compressed',
  'options',
  'concurrent',
  'streamed',
  'final_answers',
  'real_model',
  'errors',
  'repository',
  'statistics',
];

let servers: ReadonlyMap<string, RunningServer> = new Map();
let results: Record<string, string> = {};

beforeAll(async () => {
  const { python } = await ensureVenv('tritonclient-grpc', requirements);
  servers = await serveAll(clientModels);
  results = await runClient(python, 'tritonclient_grpc.py', grpcAddresses(servers));
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
});

test.each(checks)('tritonclient.grpc: %s', (check) => {
  expect(results[check]).toBe('ok');
});

test('every check of the client has a line here', () => {
  expect(Object.keys(results)).toEqual(checks);
});
