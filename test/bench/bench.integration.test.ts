import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openModel } from '../../src/repository/open-model.ts';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { fixturePath } from '../fixtures.ts';
import { bytesOf, npyFile } from '../predict/npy.ts';
import { iris, runBench, short } from './run-bench.ts';

let folder: string;
let running: RunningServer;
let http: Server | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdeploy-bench-'));
  const options = { host: '127.0.0.1', port: 0, logLevel: 'silent', drainDelayMs: 0 } as const;
  running = await serve(await openModel(iris), options);
});

afterAll(async () => {
  await running.stop();
  await rm(folder, { recursive: true, force: true });
});

afterEach(async () => {
  http?.closeAllConnections();
  await new Promise((resolve) => (http ? http.close(resolve) : resolve(undefined)));
  http = undefined;
});

async function listen(listener: RequestListener): Promise<string> {
  http = createServer(listener);
  await new Promise<void>((resolve) => http!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

describe('a model', () => {
  test.each(['plain', 'tfs', 'v2', 'v2-binary', 'v2-grpc', 'tfs-grpc'])(
    'is served and loaded over %s',
    async (protocol) => {
      const { stdout, exitCode } = await runBench([iris, ...short, '--protocol', protocol, '--json']);
      const report = JSON.parse(stdout);
      expect({ exitCode, report }).toMatchObject({
        exitCode: 0,
        report: { schema_version: 1, kind: 'bench', protocol, checked_against: 'sample' },
      });
      expect(report.runs.map((run: { connections: number }) => run.connections)).toEqual([1, 32]);
      for (const run of report.runs) {
        expect(run).toMatchObject({ mode: 'closed', rate: null, errors: {}, wrong_answer: null });
        expect(run.answered).toBeGreaterThan(0);
        const { p50, p99, max } = run.latency_ms;
        expect([p50 > 0, p99 >= p50, max >= p99]).toEqual([true, true, true]);
        expect(Object.keys(run.server.phases_us)).toEqual([
          'decode',
          'prepare',
          'queue',
          'run',
          'finish',
          'encode',
        ]);
        expect(run.server.cpu_us_per_request).toBeGreaterThan(0);
        expect(run.server.rss_bytes).toBeGreaterThan(10_000_000);
      }
    },
  );

  test('without samples is asked zeros, and that is said', async () => {
    const model = fixturePath('sklearn/iris_logreg/model.onnx');
    const { stdout, stderr, exitCode } = await runBench([model, ...short, '--connections', '2']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('is asked zeros') });
    expect(stdout).toMatch(/^2 connections +\d+\.\d +\d/m);
    expect(stdout).toMatch(/^server, mean µs +decode +prepare +queue +run +finish +encode/m);
  });

  test('whose sample promises something else is not timed', async () => {
    await copyFile(join(iris, 'model.onnx'), join(folder, 'model.onnx'));
    const lines = 'name: wrong\nmodel: {path: model.onnx}\nsamples: [{inputs: in.json, outputs: out.json}]\n';
    await writeFile(join(folder, 'model.yaml'), lines);
    await writeFile(join(folder, 'in.json'), '{"X": [[5.1, 3.5, 1.4, 0.2]]}');
    await writeFile(join(folder, 'out.json'), '{"label": [2]}');
    const { stdout, exitCode } = await runBench([folder, ...short, '--json']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'BENCH_ANSWER_DIFFERS',
      message: expect.stringContaining('output "label" at 0: expected 2, received 0'),
    });
  });
});

describe('a running server', () => {
  test('is loaded with an input, compared with its first answer', async () => {
    const args = ['--url', running.url, '--input', '[[5.1, 3.5, 1.4, 0.2]]', ...short, '--json'];
    const { stdout, exitCode } = await runBench([...args, '--model', 'iris', '--protocol', 'tfs']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ checked_against: 'first answer', engine: null });
  });

  test('is loaded with the sample of a MODEL beside it, or an array', async () => {
    const array = join(folder, 'x.npy');
    await writeFile(array, npyFile('<f4', [1, 4], bytesOf(Float32Array.of(5.1, 3.5, 1.4, 0.2))));
    const args = [
      iris,
      '--url',
      running.url,
      '--protocol',
      'v2-binary',
      '--connections',
      '2',
      ...short,
      '--json',
    ];
    const [sample, own] = await Promise.all([runBench(args), runBench([...args, '--input', array])]);
    expect(JSON.parse(sample.stdout)).toMatchObject({ target: iris, checked_against: 'sample' });
    expect(JSON.parse(own.stdout)).toMatchObject({ checked_against: 'first answer', request_bytes: 151 });
  });

  test('at a rate gets what is due, no more', async () => {
    const args = ['--url', running.url, '--input', '[[5.1, 3.5, 1.4, 0.2]]', '--rate', '40,80'];
    const { stdout, exitCode } = await runBench([...args, '--duration', '500ms', '--warmup', '0s', '--json']);
    const { runs } = JSON.parse(stdout);
    expect(exitCode).toBe(0);
    expect(runs.map((run: { rate: number; answered: number }) => [run.rate, run.answered])).toEqual([
      [40, 20],
      [80, 40],
    ]);
  });

  test('that refuses the request is exit 1 before anything is timed', async () => {
    const { stdout, exitCode } = await runBench([
      '--url',
      running.url,
      '--input',
      '[[1]]',
      ...short,
      '--json',
    ]);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'BENCH_REFUSED',
      message: expect.stringContaining('status 400'),
    });
  });

  test('that fails under load is exit 1 with the statuses', async () => {
    let asked = 0;
    const url = await listen((_, response) => {
      const isFirst = asked++ === 0;
      setTimeout(() => response.writeHead(isFirst ? 200 : 503).end('{"predictions":[1]}'), 5);
    });
    const { stdout, exitCode } = await runBench([
      '--url',
      url,
      '--input',
      '[1]',
      ...short,
      '--connections',
      '2',
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/2 connections: not answered: \d+ × 503/);
  });

  test('whose answers change under load is exit 1', async () => {
    let asked = 0;
    const url = await listen((_, response) => {
      const value = asked++ < 3 ? 1 : 2;
      setTimeout(() => response.end(`{"predictions":[${value}]}`), 5);
    });
    const { stdout, exitCode } = await runBench([
      '--url',
      url,
      '--input',
      '[1]',
      ...short,
      '--connections',
      '1',
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('wrong answer: output "" at 0: expected 1, received 2');
  });

  test('that speaks another dialect, or none, is told', async () => {
    const url = await listen((_, response) => response.end('hello'));
    const foreign = await runBench(['--url', url, '--input', '[1]', ...short, '--json']);
    expect(JSON.parse(foreign.stdout).error.code).toBe('SERVER_FOREIGN');
    const nobody = await runBench(['--url', 'http://127.0.0.1:9', '--input', '[1]', ...short, '--json']);
    expect([nobody.exitCode, JSON.parse(nobody.stdout).error.code]).toEqual([3, 'SERVER_UNREACHABLE']);
  });
});

describe('wrong usage', () => {
  test.each([
    { args: [], problem: 'Nothing to load' },
    { args: ['--url', 'http://127.0.0.1:1'], problem: 'Nothing to ask' },
    { args: ['x', '--model', 'y'], problem: '--model names a model of the server at --url' },
    {
      args: ['x', '--protocol', 'grpc'],
      problem: '--protocol takes one of plain, tfs, tfs-grpc, v2, v2-binary',
    },
    { args: ['x', '--duration', '3'], problem: '--duration takes a time' },
    { args: ['--url', 'http://192.0.2.1', '--input', '[1]'], problem: 'BENCH_REMOTE' },
    {
      args: ['--url', 'http://127.0.0.1:1', '--input', '[1]', '--protocol', 'v2'],
      problem: '--model is missing',
    },
  ])('$args is exit 2', async ({ args, problem }) => {
    const { stderr, exitCode } = await runBench(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(problem) });
  });
});
