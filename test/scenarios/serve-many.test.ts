import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith } from '../repository/folders.ts';
import { Server } from './server.ts';

const body = '{"instances":[[5.1,3.5,1.4,0.2]]}';

async function started(args: readonly string[]) {
  const server = new Server([...args, '--host', '127.0.0.1', '--drain-delay', '0']);
  const { url, grpc } = (await server.logged('ready')) as { url?: string; grpc?: string };
  const ask = async (path: string, sent?: string) => {
    const response = await fetch(url + path, sent === undefined ? {} : { method: 'POST', body: sent });
    const text = await response.text();
    return { status: response.status, text, json: /^[[{]/.test(text) ? JSON.parse(text) : undefined };
  };
  return { server, url, grpc, ask };
}

const models = { 'iris/1/model.onnx': null, 'iris/2/model.onnx': null, 'rose/net.onnx': null } as const;

describe('a folder of models', () => {
  it('is served whole, and changed by nobody', async () => {
    const root = await folderWith({ ...models, 'notes/readme.txt': '' });
    const { server, ask } = await started([root, '--port', '0']);
    const rows = (await ask('/v2/repository/index', '')).json as { name: string; version: string }[];
    expect(rows.map(({ name, version }) => `${name} ${version}`)).toEqual(['iris 1', 'iris 2', 'rose 1']);
    const answers = await Promise.all(
      ['iris', 'iris/versions/1', 'rose'].map((name) => ask(`/v1/models/${name}:predict`, body)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask('/v1/models/iris/versions/3:predict', body)).status).toBe(404);
    expect((await ask('/predict', body)).json.error.code).toBe('MODEL_AMBIGUOUS');
    expect((await ask('/v2/repository/models/iris/unload', '')).status).toBe(501);
    const metrics = (await ask('/metrics')).text;
    for (const version of ['1', '2'])
      expect(metrics).toContain(`mdeploy_queue_waiting{model="iris",version="${version}"} 0`);
    expect((await ask('/monitoring/prometheus/metrics')).status).toBe(404);
    expect(server.lines.find(({ level }) => level === 'warn')?.msg).toContain('notes holds no model');
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('with one broken model is not served at all', async () => {
    const root = await folderWith({ ...models, 'tulip/model.onnx': 'no model' });
    const server = new Server([root, '--port', '0']);
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.stderr).toContain(join(root, 'tulip/model.onnx'));
    expect(server.stdout).toBe('');
  });

  it('changes where clients may change it', async () => {
    const root = await folderWith(models);
    const { server, ask } = await started([root, '--port', '0', '--allow-repository-changes']);
    expect((await ask('/v2')).json.extensions).toContain('model_repository');
    expect((await ask('/v2/repository/models/iris/unload', '')).status).toBe(200);
    expect((await ask('/v1/models/iris:predict', body)).status).toBe(404);
    expect((await ask('/v2/models/rose/ready')).status).toBe(200);
    await rm(join(root, 'iris/2'), { recursive: true });
    await mkdir(join(root, 'iris/3'));
    await writeFile(join(root, 'iris/3/model.onnx'), 'broken');
    expect((await ask('/v2/repository/models/iris/load', '')).status).toBe(400);
    expect((await ask('/v2/models/iris/ready')).status).toBe(404);
    await rm(join(root, 'iris/3'), { recursive: true });
    expect((await ask('/v2/repository/models/iris/load', '')).status).toBe(200);
    expect((await ask('/v1/models/iris:predict', body)).status).toBe(200);
    expect((await ask('/v1/models/iris')).json.model_version_status).toMatchObject([
      { version: '2', state: 'END' },
      { version: '1', state: 'AVAILABLE' },
    ]);
    expect((await ask('/readyz')).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('the command line of tensorflow_model_server', () => {
  it('serves the newest version of one model', async () => {
    const root = await folderWith(models);
    const { server, ask, grpc } = await started([
      `--model_base_path=${join(root, 'iris')}`,
      '--model_name=flowers',
      '--rest_api_port=8651',
      '--port=8650',
    ]);
    expect(grpc).toBe('127.0.0.1:8650');
    expect((await ask('/v1/models/flowers')).json.model_version_status).toMatchObject([{ version: '2' }]);
    expect((await ask('/v1/models/flowers/versions/1:predict', body)).status).toBe(404);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('reads configuration files', async () => {
    const root = await folderWith({
      ...models,
      'monitoring.config': 'prometheus_config { enable: true path: "/monitoring/tf" }',
    });
    const config = join(root, 'models.config');
    await writeFile(
      config,
      `model_config_list { config {
        name: "iris" base_path: "${join(root, 'iris')}" model_platform: "tensorflow"
        model_version_policy { all {} } version_labels { key: "stable" value: 1 } } }`,
    );
    const { server, ask, grpc } = await started([
      '--model_config_file',
      config,
      '--port=0',
      '--rest_api_port=8651',
      '--rest_api_enable_cors_support',
      `--monitoring_config_file=${join(root, 'monitoring.config')}`,
    ]);
    expect(grpc).toBeUndefined();
    expect((await ask('/v1/models/iris/labels/stable:predict', body)).status).toBe(200);
    expect((await ask('/v1/models/iris/labels/canary:predict', body)).json.error).toBe(
      'Unrecognized servable version label: canary',
    );
    expect((await ask('/monitoring/tf')).text).toContain(
      ':tensorflow:serving:request_count{model_name="iris",status="OK"} 1',
    );
    const { headers } = await fetch(`http://127.0.0.1:8651/v1/models/iris`);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    for (const path of ['/v1/models/iris:predict', '/v2/models/iris/infer', '/predict/iris', '/metrics']) {
      const init = { method: 'OPTIONS', headers: { origin: 'http://shop.example' } };
      expect((await fetch(`http://127.0.0.1:8651${path}`, init)).status).toBe(200);
    }
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('or of KServe: a mounted folder', async () => {
    const root = await folderWith({ 'model.onnx': null });
    const { server, ask } = await started([
      `--model_dir=${root}`,
      '--model_name=iris',
      '--http_port=0',
      '--enable_grpc=false',
      '--max_threads=8',
    ]);
    expect((await ask('/v1/models/iris')).json).toMatchObject({ name: 'iris', ready: true });
    expect((await ask('/v1/models/iris:predict', body)).status).toBe(200);
    expect(server.lines.find(({ level }) => level === 'warn')?.msg).toContain(
      '--max_threads=8 has no effect',
    );
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it.each([
    [['--model_name=m'], 'USAGE', '--model_name is read together with'],
    [['--model_base_path=/m', '--ssl_config_file=/s'], 'FLAG_UNSUPPORTED', '--ssl_config_file=/s cannot be'],
    [['--model_base_path=/m', '--grpc-port=1'], 'USAGE', '--grpc-port does not go with'],
    [['--model_base_path=/m', '--name=n'], 'USAGE', 'use --model_name instead'],
    [['--model_base_path=/m', 'model.onnx'], 'USAGE', 'leave out model.onnx'],
    [['--model_base_path=/m', '--http_port=1'], 'USAGE', "--http_port is an argument of KServe's servers"],
    [['--model_dir=/m', '--port=1'], 'USAGE', 'use --http_port instead'],
    [['--model_dir=/m', '--timeout-keep-alive=soon'], 'USAGE', '--timeout-keep-alive takes a whole number'],
    [['--model_base_path=/nowhere/m', '--nonsense=1'], 'USAGE', "Unknown option '--nonsense'"],
    [['--model_base_path=/nowhere/m'], 'FILE_UNREADABLE', '/nowhere/m'],
  ])('%j ends with %s', async (args, code, text) => {
    const server = new Server(args);
    expect(await server.ended).toEqual({ code: 2, signal: null });
    expect(server.stderr).toContain(`error ${code}: `);
    expect(server.stderr).toContain(text);
  });
});
