import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startServer } from '../../src/bench/server-process.ts';
import { iris } from './run-bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('is ready, tells its engine, and is gone when it is stopped', async () => {
  const server = await startServer(iris, 60_000);
  expect(server.readyMs).toBeGreaterThan(10);
  expect(server.engine).toContain('ms a run');
  expect((await fetch(new URL('/readyz', server.url))).status).toBe(200);
  await server.stop();
  await expect(fetch(new URL('/readyz', server.url))).rejects.toThrow('fetch failed');
});

test('that ends instead is an error with its words', async () => {
  const broken = join(folder, 'model.onnx');
  await writeFile(broken, 'not a model');
  await expect(startServer(broken, 60_000)).rejects.toMatchObject({
    code: 'BENCH_SERVER_ENDED',
    exit: 1,
    message: expect.stringMatching(/did not get ready: error [A-Z_]+: /),
  });
});

test('that takes too long is stopped', async () => {
  await expect(startServer(iris, 1)).rejects.toMatchObject({
    code: 'BENCH_SERVER_ENDED',
    message: expect.stringContaining('it was not ready within 1 ms'),
  });
});
