import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openModel } from '../../src/repository/open-model.ts';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { fixturePath } from '../fixtures.ts';
import { ensureVenv } from '../provision/python.ts';

// What Triton users have: the client of NVIDIA, unchanged. It knows the binary tensor extension better than we do.
const requirements = ['tritonclient[http]==2.73.0'];
const models = {
  identity_int64: fixturePath('traits/identity_int64/model.onnx'),
  identity_int32: fixturePath('traits/identity_int32/model.onnx'),
  identity_float64: fixturePath('traits/identity_float64/model.onnx'),
  identity_float16: fixturePath('traits/identity_float16/model.onnx'),
  string_io: fixturePath('traits/string_io/model.onnx'),
  iris: join(import.meta.dirname, '..', '..', 'examples', 'iris'),
};

const checks = [
  'health',
  'metadata',
  'every_width_binary',
  'every_width_json',
  'not_finite_json',
  'none_and_many',
  'strings',
  'eight_megabytes',
  'compressed',
  'options',
  'concurrent',
  'real_model',
  'errors',
  'repository',
  'statistics',
];

const servers = new Map<string, RunningServer>();
let results: Record<string, string> = {};

beforeAll(async () => {
  const { python } = await ensureVenv('tritonclient-http', requirements);
  const options = { host: '127.0.0.1', port: 0, logLevel: 'silent', drainDelayMs: 0 } as const;
  for (const [name, path] of Object.entries(models))
    servers.set(name, await serve(await openModel(path, { name }), options));
  const urls = Object.fromEntries([...servers].map(([name, { url }]) => [name, url.replace('http://', '')]));
  const script = join(import.meta.dirname, 'clients', 'tritonclient_http.py');
  const { stdout } = await execa(python, [script, JSON.stringify(urls)], { timeout: 300_000 });
  results = JSON.parse(stdout) as Record<string, string>;
});

afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
});

test.each(checks)('tritonclient.http: %s', (check) => {
  expect(results[check]).toBe('ok');
});

test('every check of the client has a line here', () => {
  expect(Object.keys(results)).toEqual(checks);
});
