import { afterAll, beforeAll, expect, test } from 'vitest';
import { openModel } from '../../src/repository/open-model.ts';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { iris, runBench, short } from './run-bench.ts';

const grpc = ['--protocol', 'v2-grpc', ...short];
let running: RunningServer;

beforeAll(async () => {
  const options = { host: '127.0.0.1', port: 0, grpcPort: 0, logLevel: 'silent', drainDelayMs: 0 } as const;
  running = await serve(await openModel(iris), options);
});

afterAll(async () => {
  await running.stop();
});

test('calls at a time on a connection are told, and what is measured of the server is of its own port', async () => {
  const load = ['--connections', '2', '--streams', '3', '--json'];
  const { stdout, exitCode } = await runBench([iris, ...grpc, ...load]);
  const [run] = JSON.parse(stdout).runs;
  expect({ exitCode, run }).toMatchObject({
    exitCode: 0,
    run: { mode: 'closed', connections: 2, streams: 3, errors: {}, wrong_answer: null },
  });
  expect(run.server.phases_us.decode).toBeGreaterThan(0);
});

test('a cold start is until the first answer over gRPC', async () => {
  const { stdout, exitCode } = await runBench([iris, '--protocol', 'v2-grpc', '--cold-start', '1', '--json']);
  const { cold_start: cold } = JSON.parse(stdout);
  expect(exitCode).toBe(0);
  expect(cold.first_answer_ms.median).toBeGreaterThan(cold.ready_ms.median);
});

test('a running server is asked at its gRPC port; the figures it tells elsewhere are missing', async () => {
  const url = `http://${running.grpc}`;
  const { stdout, exitCode } = await runBench([iris, '--url', url, ...grpc, '--connections', '1', '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).runs).toMatchObject([{ errors: {}, wrong_answer: null, server: null }]);
});

test('a refusal has its code and its words', async () => {
  const url = `http://${running.grpc}`;
  const { stdout, exitCode } = await runBench([iris, '--url', url, '--model', 'rose', ...grpc, '--json']);
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout).error).toMatchObject({
    code: 'BENCH_REFUSED',
    message: expect.stringMatching(/NOT_FOUND.*There is no model named "rose"/),
  });
});

test.each([
  ['streams of HTTP', [iris, '--protocol', 'v2', '--streams', '2'], 'a connection has one request at a time'],
  ['several numbers of streams', [iris, ...grpc, '--streams', '2,3'], '--streams takes one number'],
  ['a document', [iris, ...grpc, '--input', '{"inputs": []}'], 'the input must be tensors'],
])('%s: a wrong usage', async (_, args, message) => {
  const { stdout, exitCode } = await runBench([...args, '--json']);
  expect({ exitCode, error: JSON.parse(stdout).error }).toMatchObject({
    exitCode: 2,
    error: { code: 'USAGE', message: expect.stringContaining(message) },
  });
});
