import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleServer } from '../../scripts/build/bundles.ts';
import { fixturePath } from '../fixtures.ts';
import { GrpcClient } from '../serve/grpc-client.ts';
import { Server } from './server.ts';

const root = join(import.meta.dirname, '../..');
const iris = fixturePath('sklearn/iris_logreg/model.onnx');
const ofGrpc = ['@grpc/grpc-js', 'serve/proto/', 'serve/protobuf/', 'doors/grpc'];
const x = {
  dtype: 1,
  tensorShape: { dim: [{ size: 1 }, { size: 4 }] },
  floatVal: [5.1, 3.5, 1.4, 0.2],
};

let folder: string;
let bundle: string;

beforeAll(async () => {
  // Below the repository, where its packages are found.
  await mkdir(join(root, '.cache'), { recursive: true });
  folder = await mkdtemp(join(root, '.cache/server-'));
  await bundleServer(root, folder);
  bundle = relative(root, join(folder, 'server.mjs'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(['the sources', 'the one file of packages and images'])('%s', (which) => {
  const coverage = () => join(folder, which.replaceAll(' ', '-'));
  const start = (args: readonly string[], run = 'any') =>
    new Server([iris, '--port', '0', '--drain-delay', '0', ...args], {
      // Tells which modules were evaluated.
      env: { NODE_V8_COVERAGE: join(coverage(), run) },
      ...(which !== 'the sources' && { entry: bundle }),
    });

  it('answers TensorFlow Serving, Open Inference and health calls with --grpc-port', async () => {
    const server = start(['--grpc-port', '0'], 'with');
    const { grpc } = await server.logged('ready');
    expect(grpc).toMatch(/^127\.0\.0\.1:\d+$/);
    const client = new GrpcClient(String(grpc));
    const predicted = await client.call('tensorflow.serving.PredictionService/Predict', {
      modelSpec: { name: 'iris_logreg' },
      inputs: { X: x },
    });
    expect(predicted).toMatchObject({ outputs: { label: { dtype: 9, int64Val: ['0'] } } });
    const inferred = await client.call('inference.GRPCInferenceService/ModelInfer', {
      modelName: 'iris_logreg',
      inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 4], contents: { fp32Contents: x.floatVal } }],
    });
    expect(inferred).toMatchObject({ outputs: [{ name: 'label', contents: { int64Contents: ['0'] } }, {}] });
    expect(await client.call('grpc.health.v1.Health/Check', {})).toEqual({ status: 1 });
    client.close();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    for (const name of ofGrpc) expect(await hasEvaluated(name, join(coverage(), 'with')), name).toBe(true);
    expect(server.stderr).toBe('');
  });

  it('evaluates nothing of gRPC without it', async () => {
    const server = start([], 'without');
    expect(await server.logged('ready')).not.toHaveProperty('grpc');
    await server.stop();
    for (const name of ofGrpc)
      expect(await hasEvaluated(name, join(coverage(), 'without')), name).toBe(false);
  });

  it('says which port is taken, and ends with 3', async () => {
    const first = start(['--grpc-port', '0']);
    const port = String((await first.logged('ready')).grpc).split(':')[1]!;
    const second = start(['--grpc-port', port]);
    expect(await second.ended).toEqual({ code: 3, signal: null });
    expect(second.stderr).toContain('PORT_IN_USE');
    expect(second.stderr).toContain(port);
    await first.stop();
  });
});

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { functionName: string; ranges: readonly { count: number }[] }[];
  }[];
}

/** Modules are scripts of their own, or functions of the bundle that bear their names. */
async function hasEvaluated(name: string, coverage: string): Promise<boolean> {
  const texts = await Promise.all(
    (await readdir(coverage)).map((file) => readFile(join(coverage, file), 'utf8')),
  );
  expect(texts.length).toBeGreaterThan(0);
  return texts
    .flatMap((text) => (JSON.parse(text) as Coverage).result)
    .some(
      ({ url, functions }) =>
        url.includes(name) ||
        functions.some(({ functionName, ranges }) => functionName.includes(name) && ranges[0]!.count > 0),
    );
}
