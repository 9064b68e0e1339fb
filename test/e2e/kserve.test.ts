import { afterAll, beforeAll, expect, test } from 'vitest';
import { openModel } from '../../src/repository/open-model.ts';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { ensureVenv } from '../provision/python.ts';
import { clientModels, runClient, serveAll } from './python-client.ts';

// KServe's own SDK, unchanged: V2 over gRPC and HTTP, V1 over HTTP.
const requirements = ['kserve==0.21.0'];
const checks = ['health', 'predict', 'strings', 'eight_megabytes', 'version_one', 'errors'];

const servers = new Map<string, RunningServer>();
let results: Record<string, string> = {};

beforeAll(async () => {
  const { python } = await ensureVenv('kserve', requirements);
  const { iris, ...others } = clientModels;
  for (const [name, server] of await serveAll(others)) servers.set(name, server);
  servers.set('iris', await serveVersionOne(iris));
  const addresses = [...servers].map(([name, { grpc, url }]) => [name, [grpc, url]]);
  results = await runClient(python, 'kserve_sdk.py', Object.fromEntries(addresses));
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
});

/** V1 has to be asked for in the manifest; TensorFlow Serving's paths are the same, and stay. */
async function serveVersionOne(path: string): Promise<RunningServer> {
  const opened = await openModel(path, { name: 'iris' });
  const { manifest } = opened;
  const serving = { ...manifest.serving, protocols: ['kserve', 'tfs', 'v2'] as const };
  const options = { host: '127.0.0.1', port: 0, grpcPort: 0, logLevel: 'silent', drainDelayMs: 0 } as const;
  return serve({ ...opened, manifest: { ...manifest, serving } }, options);
}

test.each(checks)('kserve: %s', (check) => {
  expect(results[check]).toBe('ok');
});

test('every check of the client has a line here', () => {
  expect(Object.keys(results)).toEqual(checks);
});
