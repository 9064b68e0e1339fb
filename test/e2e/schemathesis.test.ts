import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openModel } from '../../src/repository/open-model.ts';
import { serve } from '../../src/serve/serve.ts';
import { fixturePath } from '../fixtures.ts';
import { ensureVenv } from '../provision/python.ts';

// Requests made from /openapi.json and mutations of them; every answer is held against the document.
const requirements = ['schemathesis==4.32.5'];

/** Not whether a request that fits the document is taken: JSON Schema cannot say that `data` has as many elements as
 * `shape` multiplies to, or that two inputs have equally many rows. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];

let folder = '';
let python = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdeploy-schemathesis-'));
  ({ python } = await ensureVenv('schemathesis', requirements));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['iris', join(import.meta.dirname, '..', '..', 'examples', 'iris')],
  ['two inputs, two outputs', fixturePath('tf/two_in_two_out/model.onnx')],
])('schemathesis finds nothing: %s', async (_, model) => {
  const options = { host: '127.0.0.1', port: 0, logLevel: 'silent', drainDelayMs: 0 } as const;
  const server = await serve(await openModel(model), options);
  const { exitCode, stdout } = await execa(
    python,
    [
      ...['-m', 'schemathesis.cli', 'run', '--checks', checks.join(',')],
      ...[`${server.url}/openapi.json`, '--no-color', '--seed', '20261121', '--max-examples', '10'],
    ],
    { reject: false, cwd: folder, timeout: 300_000 },
  );
  await server.stop();
  expect(stdout).toMatch(/\d+ generated/);
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
});
