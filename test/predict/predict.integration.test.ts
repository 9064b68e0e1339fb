import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openModel } from '../../src/repository/open-model.ts';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { fixturePath } from '../fixtures.ts';
import { bytesOf, npyFile, zipFile } from './npy.ts';

const root = join(import.meta.dirname, '..', '..');
const iris = join(root, 'examples', 'iris');
const rows = Float32Array.of(5.1, 3.5, 1.4, 0.2, 6.9, 3.2, 5.7, 2.3);
let folder: string;
let servers: RunningServer[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdeploy-predict-'));
  const models = [iris, fixturePath('sklearn/credit_columns/model.onnx')];
  const options = { host: '127.0.0.1', port: 0, logLevel: 'silent', drainDelayMs: 0 } as const;
  servers = await Promise.all(models.map(async (model) => serve(await openModel(model), options)));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function predict(args: readonly string[], input = '') {
  const main = join(root, 'src', 'cli', 'main.ts');
  const env = { NO_COLOR: '1', NODE_NO_WARNINGS: '1', ORT_DISABLE_TELEMETRY: '1' };
  return execa(process.execPath, [main, 'predict', ...args], { reject: false, env, input });
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const bothRows = /^label +probabilities\n0 +0\.98157\S* \S+ \S+\n2 +\S+ \S+ 0\.97586\S*$/;

describe('asking a server', () => {
  test.each([
    ['bare JSON', 'x.json', '[[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]]'],
    ['CSV with names of features', 'x.csv', 'sl,sw,pl,pw\n5.1,3.5,1.4,0.2\n6.9,3.2,5.7,2.3\n'],
    ['NPY', 'x.npy', npyFile('<f4', [2, 4], bytesOf(rows))],
    ['NPZ', 'x.npz', zipFile([{ name: 'X.npy', content: npyFile('<f4', [2, 4], bytesOf(rows)) }])],
  ])('with %s gives one line per row', async (_, name, content) => {
    const { stdout, exitCode } = await predict([
      '--url',
      servers[0]!.url,
      '--input',
      await file(name, content),
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(bothRows);
  });

  test('by name goes over TensorFlow Serving’s API, from standard input, and --json is one document', async () => {
    const args = ['--url', servers[0]!.url, '--model', 'iris', '--input', '-', '--json'];
    const { stdout, exitCode } = await predict(args, '[[5.1, 3.5, 1.4, 0.2]]');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema_version: 1, answer: { predictions: [{ label: 0 }] } });
  });

  test('with a CSV header that names inputs fills one input per column', async () => {
    const people = 'age,income,city,owner\n70,48366,Zürich,no\n33,41000,Nowhere,no\n';
    const { stdout, exitCode } = await predict([
      '--url',
      servers[1]!.url,
      '--input',
      await file('people.csv', people),
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^label +probabilities\n1 +0\.3564\d* 0\.6435\d*\n0 +0\.9201\d* 0\.0798\d*$/);
  });

  test('that refuses is exit 1 with its words and its fix', async () => {
    const { stderr, exitCode } = await predict(['--url', servers[0]!.url, '--input', '[[1, 2]]']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error SERVER_REFUSED: The server answered 400: Input "X" has shape [1,2]');
    expect(stderr).toMatch(/fix +Send "X" with shape \[batch,4\]/);
  });
});

describe('running a model here', () => {
  test('gives the answer that its server gives', async () => {
    const { stdout, exitCode } = await predict([
      iris,
      '--input',
      '[[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]]',
    ]);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(bothRows) });
  });

  test('sends a picture byte for byte', async () => {
    const digits = join(root, 'examples', 'digits');
    const { stdout, exitCode } = await predict([digits, '--input', join(digits, 'digit-4.png')]);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^label +score\n4 +0\.99\d*\n/),
    });
  });

  test('that is no model is the error of opening it', async () => {
    const { stderr, exitCode } = await predict([await file('x.onnx', 'not a model'), '--input', '[1]']);
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr).toMatch(/^error [A-Z_]+: /);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('wrong usage', () => {
  test.each([
    { args: [], problem: 'Nothing to predict: --input is missing.' },
    {
      args: ['.', '--url', 'http://127.0.0.1:1', '--input', '[1]'],
      problem: 'Give either a MODEL to run here',
    },
    { args: ['--url', 'localhost:8501', '--input', '[1]'], problem: '--url must be an address' },
    { args: ['--timeout-ms', '0', '--input', '[1]'], problem: '--timeout-ms must be a whole number' },
  ])('$args is exit 2', async ({ args, problem }) => {
    const { stderr, exitCode } = await predict(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
  });
});
