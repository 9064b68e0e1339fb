import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ensureServingStubs } from '../provision/tensorflow-messages.ts';
import { Server } from '../scenarios/server.ts';
import { runClient } from './python-client.ts';

// A client that has none of our .proto files, against `mdeploy serve --grpc-port` as a process of its own.
const checks = [
  'services',
  'every_message',
  'health',
  'infer',
  'predict',
  'eight_megabytes',
  'metadata',
  'errors',
];
const iris = join(import.meta.dirname, '..', '..', 'examples', 'iris');

let results: Record<string, string> = {};

beforeAll(async () => {
  const { python } = await ensureServingStubs();
  const server = new Server(['serve', iris, '--port', '0', '--grpc-port', '0'], { entry: 'src/cli/main.ts' });
  const { grpc } = await server.logged('ready');
  results = await runClient(python, 'reflect.py', [grpc]);
  expect(server.stderr).toContain(`gRPC ${grpc}`);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

test.each(checks)('reflection: %s', (check) => {
  expect(results[check]).toBe('ok');
});

test('every check of the client has a line here', () => {
  expect(Object.keys(results)).toEqual(checks);
});
