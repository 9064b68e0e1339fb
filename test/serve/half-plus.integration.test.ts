import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { startOf } from '../../src/serve/start.ts';
import { GrpcClient } from './grpc-client.ts';
import { writeHalfPlusModels } from './half-plus.ts';

let root: string;
let server: RunningServer;
let grpc: GrpcClient;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mdeploy-half-plus-'));
  await writeHalfPlusModels(root);
  const config = (name: string) =>
    `config { name: "${name}" base_path: "${join(root, name)}" model_platform: "tensorflow" }`;
  const file = join(root, 'models.config');
  await writeFile(file, `model_config_list { ${config('half_plus_two')} ${config('half_plus_three')} }`);
  const values = {
    model_config_file: file,
    port: '8652',
    rest_api_port: '8653',
    host: '127.0.0.1',
    'log-level': 'silent',
  };
  const start = await startOf({ values, target: undefined, fallback: '.', environment: {} });
  server = await serve(start.models, { ...start.options, port: 0, grpcPort: 0, drainDelayMs: 0 });
  grpc = new GrpcClient(server.grpc ?? '');
});

afterAll(async () => {
  grpc.close();
  await server.stop();
  await rm(root, { recursive: true });
});

async function ask(path: string, body?: string): Promise<string> {
  const response = await fetch(server.url + path, body === undefined ? {} : { method: 'POST', body });
  expect(response.status).toBe(200);
  return response.text();
}

describe('the examples of TensorFlow Serving’s documentation', () => {
  test('status, byte for byte', async () => {
    expect(await ask('/v1/models/half_plus_three')).toBe(`{
 "model_version_status": [
  {
   "version": "123",
   "state": "AVAILABLE",
   "status": {
    "error_code": "OK",
    "error_message": ""
   }
  }
 ]
}
`);
  });

  test.each([
    ['half_plus_two:predict', '{"instances": [1.0, 2.0, 5.0]}', '"predictions": [2.5, 3.0, 4.5]'],
    ['half_plus_three:predict', '{"instances": [1.0,2.0,5.0]}', '"predictions": [3.5, 4.0, 5.5]'],
    ['half_plus_three/versions/123:predict', '{"inputs": [1.0,2.0,5.0]}', '"outputs": [3.5, 4.0, 5.5]'],
    ['half_plus_two/versions/00000123:predict', '{"instances": [{"x": 4}]}', '"predictions": [4.0]'],
    ['half_plus_three:regress', '{"examples": [{"x": 1.0}, {"x": 2.0}]}', '"results": [3.5, 4.0]'],
  ])('%s %s, byte for byte', async (path, body, documented) => {
    expect(await ask(`/v1/models/${path}`, body)).toBe(`{\n    ${documented}\n}\n`);
  });

  test('metadata names the signature as saved_model_cli does', async () => {
    const { model_spec, metadata } = JSON.parse(await ask('/v1/models/half_plus_two/metadata'));
    expect(model_spec).toEqual({ name: 'half_plus_two', signature_name: '', version: '123' });
    expect(metadata.signature_def.signature_def.serving_default).toMatchObject({
      inputs: { x: { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '-1' }], unknown_rank: false } } },
      method_name: 'tensorflow/serving/predict',
    });
  });

  test('over gRPC', async () => {
    const reply = await grpc.call('tensorflow.serving.PredictionService/Predict', {
      modelSpec: { name: 'half_plus_two', signatureName: 'serving_default' },
      inputs: { x: { dtype: 1, tensorShape: { dim: [{ size: 3 }] }, floatVal: [1, 2, 5] } },
    });
    expect(reply).toMatchObject({
      modelSpec: { name: 'half_plus_two', version: { value: '123' }, signatureName: 'serving_default' },
      outputs: { y: { dtype: 1, floatVal: [2.5, 3, 4.5] } },
    });
  });
});

test('a tuned command line starts, with a warning for what it does not come to', async () => {
  const values = {
    model_base_path: join(root, 'half_plus_two'),
    model_name: 'half',
    rest_api_num_threads: '16',
    enable_batching: true,
    batching_parameters_file: '/nowhere/batching.config',
    tensorflow_intra_op_parallelism: '2',
    file_system_poll_wait_seconds: '1',
  };
  const start = await startOf({ values, target: undefined, fallback: '.', environment: {} });
  expect(start.models.map(({ manifest }) => manifest.runtime.intra_op_threads)).toEqual([2]);
  expect(start.warnings.map((text) => text.split('=')[0])).toEqual([
    '--rest_api_num_threads',
    '--enable_batching',
    '--batching_parameters_file',
  ]);
});
