import { describe, expect, it } from 'vitest';
import type { Changes } from '../../../src/serve/changes.ts';
import { Router } from '../../../src/serve/doors/router.ts';
import type { GrpcMethod, GrpcProtocol } from '../../../src/serve/grpc-protocol.ts';
import * as open from '../../../src/serve/proto/open-inference.gen.ts';
import {
  ReloadConfigRequest,
  ReloadConfigResponse,
} from '../../../src/serve/proto/tensorflow-serving.gen.ts';
import type { ModelFacts, ServerFacts } from '../../../src/serve/protocol.ts';
import { tfsGrpc } from '../../../src/serve/protocols/tfs-grpc.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { v2Grpc } from '../../../src/serve/protocols/v2-grpc.ts';
import { catalogueOf, modelFacts, rawCall, replyText, serverFacts } from '../catalogue.ts';
import { changeable } from '../noted-changes.ts';

async function post(path: string, body: string, server: ServerFacts, models: readonly ModelFacts[] = []) {
  const found = new Router([v2], v2).match('POST', path);
  if (!('route' in found) || found.route.kind !== 'info') throw new Error(`no info route at ${path}`);
  const call = rawCall(path, body, { params: found.params });
  const reply = await found.route.answer(call, catalogueOf(...models), server);
  return { status: reply.status, document: JSON.parse(replyText(reply)) as unknown };
}

describe('v2 REST, where changes are allowed', () => {
  it.each([
    '',
    '{}',
    '{"parameters":{}}',
    '{"parameters":null}',
    '{"parameters":{"unload_dependents":false}}',
  ])('takes the body %j', async (body) => {
    const { server, calls } = changeable();
    for (const verb of ['load', 'unload']) {
      expect(await post(`/v2/repository/models/ir%20is/${verb}`, body, server)).toEqual({
        status: 200,
        document: { name: 'ir is', [verb]: true },
      });
    }
    expect(calls).toEqual([
      ['load', 'ir is'],
      ['unload', 'ir is'],
    ]);
  });

  it.each([
    ['{"parameters":{"config":"{}"}}', 'FEATURE_UNSUPPORTED'],
    ['{"parameters":{"file:1/model.onnx":"AA=="}}', 'FEATURE_UNSUPPORTED'],
    ['{"parameters":[]}', 'REQUEST_INVALID'],
    ['{"parameter":{}}', 'REQUEST_INVALID'],
    ['[]', 'REQUEST_INVALID'],
    ['{"parameters":{}}x', 'BODY_MALFORMED'],
    ['{', 'BODY_MALFORMED'],
  ])('refuses the body %j: %s', async (body, code) => {
    const { server, calls } = changeable();
    await expect(post('/v2/repository/models/iris/load', body, server)).rejects.toMatchObject({ code });
    expect(calls).toEqual([]);
  });

  it('tells what went wrong', async () => {
    const { server } = changeable();
    await expect(post('/v2/repository/models/nobody/load', '', server)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
  });
});

describe('the index', () => {
  const models = [
    modelFacts({ version: '3', state: 'LOADING' }),
    modelFacts({ version: '2' }),
    modelFacts({ version: '1', state: 'END', reason: 'unloaded' }),
    modelFacts({ name: 'rose', state: 'UNLOADING' }),
  ];
  const rows = [
    { name: 'iris', version: '3', state: 'LOADING', reason: '' },
    { name: 'iris', version: '2', state: 'READY', reason: '' },
    { name: 'iris', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' },
    { name: 'rose', version: '1', state: 'UNLOADING', reason: '' },
  ];

  it('shows every version, and only those that can be asked when it is told to', async () => {
    for (const path of ['/v2/repository/index', '/v2/repository/models/index']) {
      expect((await post(path, '', serverFacts(), models)).document).toEqual(rows);
      expect((await post(path, '{"ready":true}', serverFacts(), models)).document).toEqual([rows[1]]);
    }
  });

  it('says the same over gRPC', () => {
    const { method } = grpc(v2Grpc, 'RepositoryIndex');
    if (method.kind !== 'info') throw new Error('no info method');
    const ask = (ready: boolean) => {
      const body = open.RepositoryIndexRequest.encode({ ready });
      return open.RepositoryIndexResponse.decode(method.answer(body, catalogueOf(...models), serverFacts()));
    };
    expect(ask(false).models).toEqual(rows);
    expect(ask(true).models).toEqual([rows[1]]);
  });
});

describe('gRPC, where changes are allowed', () => {
  it.each([
    ['as Triton names it', { modelName: 'iris' }],
    ['as Triton names it, with a repository', { modelName: 'iris', repositoryName: 'models' }],
    ['as KServe names it', { repositoryName: 'iris' }],
  ])('loads and unloads a model %s', async (_, request) => {
    const { changes, calls } = changeable();
    const body = open.RepositoryModelLoadRequest.encode(request);
    const loaded = await change(v2Grpc, 'RepositoryModelLoad', body, changes);
    expect(open.RepositoryModelLoadResponse.decode(loaded)).toEqual({ modelName: 'iris', isLoaded: true });
    const unloaded = await change(v2Grpc, 'RepositoryModelUnload', body, changes);
    expect(open.RepositoryModelUnloadResponse.decode(unloaded)).toEqual({
      modelName: 'iris',
      isUnloaded: true,
    });
    expect(calls).toEqual([
      ['load', 'iris'],
      ['unload', 'iris'],
    ]);
  });

  it('refuses the parameters that REST refuses', async () => {
    const { changes } = changeable();
    const parameters = new Map([['config', { stringParam: '{}' }]]);
    const body = open.RepositoryModelLoadRequest.encode({ modelName: 'iris', parameters });
    await expect(change(v2Grpc, 'RepositoryModelLoad', body, changes)).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
      message: 'The load parameter "config" is not supported by this server.',
    });
  });

  it('takes a configuration', async () => {
    const { changes, calls } = changeable();
    const config = {
      name: 'iris',
      basePath: '/models/iris',
      modelPlatform: 'tensorflow',
      modelVersionPolicy: { specific: { versions: BigInt64Array.of(1n, 2n) } },
      versionLabels: new Map([['stable', 2n]]),
    };
    const body = ReloadConfigRequest.encode({ config: { modelConfigList: { config: [config] } } });
    const reply = await change(tfsGrpc, 'HandleReloadConfigRequest', body, changes);
    expect(ReloadConfigResponse.decode(reply).status).toEqual({ errorCode: 0, errorMessage: '' });
    const source = {
      name: 'iris',
      basePath: '/models/iris',
      policy: { specific: ['1', '2'] },
      labels: new Map([['stable', '2']]),
    };
    expect(calls).toEqual([['become', [source]]]);
  });

  it.each([
    [{}],
    [{ config: {} }],
    [{ config: { modelConfigList: {} } }],
    [{ config: { customModelConfig: { typeUrl: 'x' } } }],
    [{ config: { modelConfigList: { config: [{ name: 'm', basePath: 'm' }] } } }],
    [{ config: { modelConfigList: { config: [{ name: 'm', basePath: '/m', loggingConfig: {} }] } } }],
  ])('refuses the configuration %j', async (request) => {
    const { changes, calls } = changeable();
    const body = ReloadConfigRequest.encode(request);
    await expect(change(tfsGrpc, 'HandleReloadConfigRequest', body, changes)).rejects.toMatchObject({
      code: 'MODEL_CONFIG_INVALID',
      grpc: 'INVALID_ARGUMENT',
    });
    expect(calls).toEqual([]);
  });
});

function grpc(protocol: GrpcProtocol, name: string): { method: GrpcMethod } {
  const method = protocol.services.flatMap(({ methods }) => methods).find((one) => one.name === name);
  if (!method) throw new Error(`no method ${name}`);
  return { method };
}

function change(
  protocol: GrpcProtocol,
  name: string,
  body: Uint8Array,
  changes: Changes,
): Promise<Uint8Array> {
  const { method } = grpc(protocol, name);
  if (method.kind !== 'info' || !method.change) throw new Error(`${name} changes nothing`);
  return method.change(body, changes, catalogueOf());
}
