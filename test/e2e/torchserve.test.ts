import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningServer } from '../../src/serve/serve.ts';
import { ensureVenv } from '../provision/python.ts';
import { clientModels, runClient, serveAll } from './python-client.ts';

// A client of TorchServe's REST API, unchanged, and the stubs of its gRPC service that it brings.
const requirements = ['torchserve-client==0.0.2', 'setuptools<81'];
const checks = ['health', 'prediction', 'predictions_grpc', 'eight_megabytes', 'models', 'errors'];

let servers: ReadonlyMap<string, RunningServer> = new Map();
let results: Record<string, string> = {};

beforeAll(async () => {
  const { python } = await ensureVenv('torchserve', requirements);
  const { iris, identity_float64 } = clientModels;
  servers = await serveAll({ iris, identity_float64 });
  const addresses = [...servers].map(([name, { grpc, url }]) => [name, [grpc, url.replace('http://', '')]]);
  results = await runClient(python, 'torchserve.py', Object.fromEntries(addresses));
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
});

test.each(checks)('torchserve-client: %s', (check) => {
  expect(results[check]).toBe('ok');
});

test('every check of the client has a line here', () => {
  expect(Object.keys(results)).toEqual(checks);
});
