import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { startOf } from '../../src/serve/start.ts';
import { irisFile } from '../repository/folders.ts';
import { GrpcClient } from './grpc-client.ts';

const v2 = 'inference.GRPCInferenceService';
const tfs = 'tensorflow.serving';
const input = { X: { dtype: 1, tensorShape: { dim: [{ size: 1 }, { size: 4 }] }, floatVal: [5, 3, 1, 0] } };

let root: string;
let server: RunningServer;
let client: GrpcClient;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mdeploy-changes-'));
  for (const folder of ['iris/1', 'iris/2', 'rose/1']) {
    await mkdir(join(root, folder), { recursive: true });
    await copyFile(irisFile, join(root, folder, 'model.onnx'));
  }
  const values = { 'allow-repository-changes': true, 'log-level': 'silent' };
  const start = await startOf({ values, target: root, fallback: '.', environment: {} });
  server = await serve(start.models, { ...start.options, port: undefined, grpcPort: 0, drainDelayMs: 0 });
  client = new GrpcClient(server.grpc ?? '');
});

afterAll(async () => {
  client.close();
  await server.stop();
  await rm(root, { recursive: true });
});

const predict = (name: string) =>
  client.call(`${tfs}.PredictionService/Predict`, { modelSpec: { name }, inputs: input });

const reload = (...config: object[]) => ({ config: { modelConfigList: { config } } });

async function states(name: string): Promise<string[]> {
  const reply = await client.call(`${tfs}.ModelService/GetModelStatus`, { modelSpec: { name } });
  const rows = reply.modelVersionStatus as { version?: string; state: number }[];
  return rows.map(({ version = '0', state }) => `${version} ${state}`);
}

test('a server may have no REST door', () => {
  expect(server.url).toBe('');
});

describe('load and unload of Open Inference', () => {
  test('take a model away and bring it back', async () => {
    await client.call(`${v2}/RepositoryModelUnload`, { modelName: 'iris' });
    await expect.poll(() => states('iris')).toEqual(['2 50', '1 50']);
    await expect(predict('iris')).rejects.toMatchObject({ code: status.NOT_FOUND });
    const loaded = await client.call(`${v2}/RepositoryModelLoad`, { modelName: 'iris' });
    expect(loaded).toEqual({ modelName: 'iris', isLoaded: true });
    expect(await states('iris')).toEqual(['2 30', '1 30']);
    expect(await predict('iris')).toMatchObject({ modelSpec: { version: { value: '2' } } });
  });

  test('are refused with what is wrong', async () => {
    expect(await client.refusal(`${v2}/RepositoryModelLoad`, { modelName: '../rose' })).toMatchObject({
      code: status.NOT_FOUND,
      details: 'There is no model named "../rose" here. Served here: iris, rose.',
    });
    await writeFile(join(root, 'rose/1/model.onnx'), 'no model');
    expect(await client.refusal(`${v2}/RepositoryModelLoad`, { modelName: 'rose' })).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.not.stringContaining(root),
    });
    expect(await predict('rose')).toMatchObject({ modelSpec: { name: 'rose' } });
  });
});

describe('a reload of TensorFlow Serving', () => {
  const method = `${tfs}.ModelService/HandleReloadConfigRequest`;
  const iris = () => ({ name: 'iris', basePath: join(root, 'iris'), modelPlatform: 'tensorflow' });

  test('serves exactly what it lists, with labels', async () => {
    const config = {
      ...iris(),
      modelVersionPolicy: { specific: { versions: ['1'] } },
      versionLabels: { stable: '1' },
    };
    expect(await client.call(method, reload(config))).toMatchObject({ status: {} });
    expect(await states('iris')).toEqual(['2 50', '1 30']);
    await expect(predict('rose')).rejects.toMatchObject({ code: status.NOT_FOUND });
    const labelled = { modelSpec: { name: 'iris', versionLabel: 'stable' }, inputs: input };
    expect(await client.call(`${tfs}.PredictionService/Predict`, labelled)).toMatchObject({
      modelSpec: { version: { value: '1' } },
    });
    // A load now looks where the reload pointed.
    await client.call(`${v2}/RepositoryModelLoad`, { modelName: 'iris' });
    expect(await states('iris')).toEqual(['2 50', '1 30']);
  });

  test.each([
    [{ name: 'passwd', basePath: '/etc' }, 'INVALID_ARGUMENT', 'The base path /etc is no folder below'],
    [{ name: 'iris', basePath: 'iris' }, 'INVALID_ARGUMENT', 'Expected model iris to have an absolute path'],
    [
      { versionLabels: { stable: '9' } },
      'FAILED_PRECONDITION',
      'Label "stable" of model "iris" is for version 9',
    ],
    [{ modelPlatform: 'pytorch' }, 'INVALID_ARGUMENT', 'Model iris has the platform "pytorch".'],
  ] as const)('%j is refused: %s', async (config, code, details) => {
    const error = await client.refusal(method, reload({ ...iris(), ...config }));
    expect(error).toMatchObject({ code: status[code], details: expect.stringContaining(details) });
    expect(await predict('iris')).toMatchObject({ modelSpec: { name: 'iris' } });
  });
});
