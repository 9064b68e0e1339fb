import { describe, expect, test } from 'vitest';
import { datatypes } from '../../../src/core/tensor.ts';
import { Metrics } from '../../../src/observability/metrics.ts';
import { v2Grpc } from '../../../src/serve/protocols/v2-grpc.ts';
import { catalogueOf, modelFacts, serverFacts } from '../catalogue.ts';
import { type GrpcAsked, grpcSender, methodOf } from '../grpc-send.ts';
import { oracle } from '../protobuf/oracle.ts';

const service = 'inference.GRPCInferenceService';
const send = grpcSender(v2Grpc);
const catalogue = catalogueOf(
  modelFacts({ version: '2' }),
  modelFacts(),
  modelFacts({ name: 'wine', version: '7', state: 'UNLOADING' }),
);
const ask = (method: string, request: object = {}, asked: GrpcAsked = {}) =>
  send(`${service}/${method}`, request, { catalogue, ...asked });
const answer = (method: string, request: object = {}, asked: GrpcAsked = {}) => {
  const { reply, text } = ask(method, request, asked);
  if (!reply) throw new Error(text);
  return reply;
};

describe('health', () => {
  test.each([
    ['ready', true, true],
    ['starting', true, false],
    ['draining', true, false],
    ['broken', false, false],
  ] as const)('a server that is %s', (status, live, ready) => {
    const server = serverFacts(status);
    // proto3 leaves out what is false.
    expect(answer('ServerLive', {}, { server })).toEqual(live ? { live } : {});
    expect(answer('ServerReady', {}, { server })).toEqual(ready ? { ready } : {});
  });

  test('of a model, a version, one that goes, and while the server drains', () => {
    for (const request of [{ name: 'iris' }, { name: 'iris', version: '1' }])
      expect(answer('ModelReady', request)).toEqual({ ready: true });
    expect(answer('ModelReady', { name: 'wine' })).toEqual({});
    expect(answer('ModelReady', { name: 'iris' }, { server: serverFacts('draining') })).toEqual({});
  });

  test.each([
    ['ModelReady', { name: 'nope' }, 'ready', 'MODEL_NOT_FOUND', 'NOT_FOUND'],
    ['ModelReady', { name: 'iris', version: '9' }, 'ready', 'VERSION_NOT_FOUND', 'NOT_FOUND'],
    ['ModelReady', { name: 'iris' }, 'starting', 'MODEL_NOT_READY', 'UNAVAILABLE'],
    ['ModelMetadata', { name: 'nope' }, 'ready', 'MODEL_NOT_FOUND', 'NOT_FOUND'],
    ['ModelStatistics', { name: 'nope' }, 'ready', 'MODEL_NOT_FOUND', 'NOT_FOUND'],
    ['ModelStatistics', { name: 'iris', version: '9' }, 'ready', 'VERSION_NOT_FOUND', 'NOT_FOUND'],
  ] as const)('%s of %j by a server that is %s is refused: %s', (method, request, status, code, grpc) => {
    const { error, text } = ask(method, request, { server: serverFacts(status) });
    expect(error).toMatchObject({ code, grpc });
    expect(text).toBe(`${error?.message} ${error?.remedy}`);
  });
});

describe('metadata', () => {
  test('of the server names what is wholly served, as REST does', () => {
    expect(answer('ServerMetadata')).toEqual({
      name: 'mdeploy',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      extensions: ['binary_tensor_data', 'classification', 'model_configuration', 'parameters', 'statistics'],
    });
  });

  test('of a model: free lengths are -1', () => {
    expect(answer('ModelMetadata', { name: 'iris' })).toEqual({
      name: 'iris',
      versions: ['2', '1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'X', datatype: 'FP32', shape: ['-1', '4'] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: ['-1', '3'] }],
    });
  });

  test('of tensors without a rank and without axes', () => {
    const inputs = [
      { name: 'a', datatype: 'BYTES' as const, shape: null },
      { name: 'b', datatype: 'INT8' as const, shape: [] },
    ];
    const one = catalogueOf(modelFacts({ signature: { inputs, outputs: [] } }));
    const reply = answer('ModelMetadata', { name: 'iris' }, { catalogue: one });
    expect(reply).toMatchObject({
      inputs: [
        { name: 'a', datatype: 'BYTES', shape: ['-1'] },
        { name: 'b', datatype: 'INT8' },
      ],
    });
    expect(reply).not.toHaveProperty('outputs');
  });
});

describe('configuration', () => {
  test('in the words of Triton', () => {
    expect(answer('ModelConfig', { name: 'iris', version: '1' })).toEqual({
      config: {
        name: 'iris',
        platform: 'onnxruntime_onnx',
        backend: 'onnxruntime',
        input: [{ name: 'X', dataType: 11, dims: ['-1', '4'] }],
        output: [{ name: 'probabilities', dataType: 11, dims: ['-1', '3'] }],
      },
    });
    expect(ask('ModelConfig', { name: 'nope' }).error?.code).toBe('MODEL_NOT_FOUND');
  });

  test('knows every datatype, as Triton numbers them', () => {
    const inputs = datatypes.map((datatype) => ({ name: datatype, datatype, shape: [] }));
    const all = catalogueOf(modelFacts({ signature: { inputs, outputs: [] } }));
    const { config } = answer('ModelConfig', { name: 'iris' }, { catalogue: all });
    const numbers = (config as { input: { dataType: number }[] }).input.map(({ dataType }) => dataType);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });
});

describe('the repository', () => {
  const rows = [
    { name: 'iris', version: '2', state: 'READY' },
    { name: 'iris', version: '1', state: 'READY' },
    { name: 'wine', version: '7', state: 'UNLOADING' },
  ];

  test('index, of all and of what is ready', () => {
    expect(answer('RepositoryIndex')).toEqual({ models: rows });
    expect(answer('RepositoryIndex', { repositoryName: 'any', ready: true })).toEqual({
      models: rows.slice(0, 2),
    });
  });

  test.each(['Load', 'Unload'])('%s is refused, and says how to get there', (verb) => {
    const { error, text } = ask(`RepositoryModel${verb}`, { modelName: 'iris' });
    expect(error).toMatchObject({ code: 'FEATURE_UNSUPPORTED', grpc: 'UNIMPLEMENTED' });
    expect(text).toMatch(/oading a model over this port is not supported.* Start the/);
  });
});

describe('statistics', () => {
  const metrics = new Metrics();
  const totals = metrics.totals('iris', '2');
  totals.add(true, 3, 32);
  totals.add(false, 2, 1);
  totals.addPhase('run', 0.25);
  const server = { ...serverFacts(), metrics };

  test('of a version', () => {
    expect(answer('ModelStatistics', { name: 'iris', version: '2' }, { server })).toEqual({
      modelStats: [
        {
          name: 'iris',
          version: '2',
          lastInference: String(totals.lastAt),
          inferenceCount: '32',
          executionCount: '1',
          inferenceStats: expect.objectContaining({
            success: { count: '1', ns: '3000000' },
            fail: { count: '1', ns: '2000000' },
            computeInfer: { count: '1', ns: '250000' },
            cacheHit: {},
          }),
        },
      ],
    });
  });

  test.each([
    [{ name: 'iris' }, ['iris/2', 'iris/1']],
    [{}, ['iris/2', 'iris/1', 'wine/7']],
  ])('of %j', (request, expected) => {
    const { modelStats } = answer('ModelStatistics', request, { server });
    const names = (modelStats as { name: string; version: string }[]).map(
      ({ name, version }) => `${name}/${version}`,
    );
    expect(names).toEqual(expected);
  });
});

test('every method of the service is served', () => {
  for (const name of Object.keys(oracle.lookupService(service).methods))
    expect(methodOf(v2Grpc, `${service}/${name}`).name).toBe(name);
});
