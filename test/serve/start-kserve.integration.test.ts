import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { startOf } from '../../src/serve/start.ts';
import { halfPlus } from './half-plus.ts';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mdeploy-kserve-'));
  const models: Readonly<Record<string, number>> = { bare: 2, 'versions/1': 2, 'versions/2': 3, written: 3 };
  for (const [folder, addend] of Object.entries(models)) {
    await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, folder, 'net.onnx'), halfPlus(addend));
  }
  const manifest = ['name: mine', 'model: {path: net.onnx}', 'serving: {protocols: [plain]}'];
  await writeFile(join(root, 'written', 'model.yaml'), `${manifest.join('\n')}\n`);
});

afterAll(() => rm(root, { recursive: true }));

const start = (values: Readonly<Record<string, string>>, more: Partial<Parameters<typeof startOf>[0]> = {}) =>
  startOf({ values, target: undefined, fallback: '.', environment: {}, ...more });

describe('a mounted model', () => {
  let server: RunningServer;
  beforeAll(async () => {
    const values = { model_name: 'half', model_dir: join(root, 'bare'), http_port: '9201' };
    const { models, options } = await start({ ...values, 'log-level': 'silent' });
    expect(options).toMatchObject({ host: '0.0.0.0', port: 9201, grpcPort: 8081 });
    server = await serve(models, { ...options, host: '127.0.0.1', port: 0, grpcPort: 0, drainDelayMs: 0 });
  });
  afterAll(() => server.stop());

  const ask = async (path: string, body?: object) => {
    const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
    return (await fetch(server.url + path, init)).json();
  };

  test.each([
    ['/', { status: 'alive' }],
    ['/v1/models', { models: ['half'] }],
    ['/v1/models/half', { name: 'half', ready: true }],
    ['/v2/models/half', { name: 'half' }],
  ])('GET %s', async (path, expected) => {
    expect(await ask(path)).toMatchObject(expected);
  });

  test('predicts over V1', async () => {
    expect(await ask('/v1/models/half:predict', { instances: [1, 2] })).toEqual({ predictions: [2.5, 3] });
  });
});

describe('what is served', () => {
  const namesOf = ({ models }: Awaited<ReturnType<typeof start>>) =>
    models.map(({ manifest: { name, version } }) => `${name} ${version}`);

  test('every version of a folder, under the name that is given', async () => {
    const started = await start({ model_dir: join(root, 'versions'), model_name: 'half' });
    expect(namesOf(started)).toEqual(['half 1', 'half 2']);
  });

  test('with model.yaml: its protocols, so no gRPC port here, and its name', async () => {
    const started = await start({ model_dir: join(root, 'written'), workers: '2' });
    expect(namesOf(started)).toEqual(['mine 1']);
    expect(started.models[0]!.manifest.serving.protocols).toEqual(['plain']);
    expect(started.options.grpcPort).toBeUndefined();
    expect(started.options.port).toBe(8080);
    expect(started.processes.count).toBe(2);
  });

  test('without --model_dir: the model that lies there, as in an image', async () => {
    const values = { model_name: 'half', enable_grpc: 'false', max_threads: '8' };
    const started = await start(values, { fallback: join(root, 'bare'), environment: { PORT: '8012' } });
    expect(namesOf(started)).toEqual(['half 1']);
    expect(started.options).toMatchObject({ port: 8012 });
    expect(started.options.grpcPort).toBeUndefined();
    expect(started.warnings).toEqual([expect.stringContaining('--max_threads=8 has no effect here')]);
  });

  test('STORAGE_URI as KServe sets it: the mounted folder, with no flag at all', async () => {
    const environment = { STORAGE_URI: '/mnt/models' };
    const missing = { code: 'MODEL_PATH_MISSING', message: expect.stringContaining('/mnt/models') };
    await expect(start({}, { environment })).rejects.toMatchObject(missing);
    await expect(start({ http_port: '1' }, { environment })).rejects.toMatchObject(missing);
    expect(namesOf(await start({}, { environment, target: join(root, 'bare') }))).toEqual(['net 1']);
  });

  test('a reload speaks KServe first, too', async () => {
    const { options } = await start({ model_dir: join(root, 'bare') });
    expect(options.changes).toBeUndefined();
    const open = await startOf({
      values: { model_dir: join(root, 'bare'), 'allow-repository-changes': true },
      target: undefined,
      fallback: '.',
      environment: {},
    });
    expect((await open.options.changes?.plan())?.versions).toEqual([
      { path: join(root, 'bare'), speaksFirst: 'kserve' },
    ]);
  });
});

test.each([
  ['name', 'use --model_name instead'],
  ['port', 'use --http_port instead'],
  ['grpc-port', 'use --grpc_port instead'],
  ['processes', 'use --workers instead'],
  ['rest_api_port', 'read together with --model_base_path'],
])('--%s does not go with arguments of KServe', async (flag, text) => {
  await expect(start({ model_dir: root, [flag]: '1' })).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(text),
  });
});

test('one place says what is served', async () => {
  await expect(start({ model_dir: root }, { target: root })).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('--model_dir says what is served'),
  });
  await expect(start({ model_base_path: root, http_port: '1' })).rejects.toMatchObject({ code: 'USAGE' });
});
