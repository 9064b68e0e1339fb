import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import { torchserveGrpc } from '../../../src/serve/protocols/torchserve-grpc.ts';
import { catalogueOf, modelFacts, serverFacts } from '../catalogue.ts';
import { decodeReply, encodeRequest, grpcSender, methodOf } from '../grpc-send.ts';
import { changeable } from '../noted-changes.ts';

const service = 'org.pytorch.serve.grpc.management.ManagementAPIsService';
const catalogue = catalogueOf(modelFacts({ version: '2' }), modelFacts(), modelFacts({ name: 'wine' }));
const describeModel = `${service}/DescribeModel`;
const send = grpcSender(torchserveGrpc);

/** The sentence of a reply, or the error. */
function tell(method: string, request: object): unknown {
  const { reply, error } = send(`${service}/${method}`, request, { catalogue });
  return error ?? reply?.msg;
}

async function change(method: string, request: object) {
  const path = `${service}/${method}`;
  const found = methodOf(torchserveGrpc, path);
  if (found.kind !== 'info' || !found.change) throw new Error(`${method} changes nothing`);
  const { changes, calls } = changeable();
  try {
    const reply = decodeReply(path, await found.change(encodeRequest(path, request), changes, catalogue));
    return { msg: reply.msg, calls };
  } catch (error) {
    if (!(error instanceof MdeployError)) throw error;
    return { error, calls };
  }
}

describe('what is told is JSON', () => {
  test('ListModels', () => {
    expect(JSON.parse(tell('ListModels', {}) as string)).toEqual({
      models: [
        { modelName: 'iris', modelUrl: 'iris.onnx' },
        { modelName: 'wine', modelUrl: 'wine.onnx' },
      ],
    });
    const page = tell('ListModels', { limit: 1, nextPageToken: 1 }) as string;
    expect(JSON.parse(page)).toMatchObject({ models: [{ modelName: 'wine' }] });
  });

  test('DescribeModel', () => {
    const versions = (request: object) =>
      (JSON.parse(tell('DescribeModel', request) as string) as { modelVersion: string }[]).map(
        ({ modelVersion }) => modelVersion,
      );
    expect(versions({ modelName: 'iris' })).toEqual(['2']);
    expect(versions({ modelName: 'iris', modelVersion: '1.0' })).toEqual(['1']);
    expect(versions({ modelName: 'iris', modelVersion: 'all' })).toEqual(['2', '1']);
    expect(tell('DescribeModel', { modelName: 'iris', customized: true })).toContain('customizedMetadata');
    expect(tell('DescribeModel', { modelName: 'nope' })).toMatchObject({ grpc: 'NOT_FOUND' });
  });
});

describe('what was done is a sentence', () => {
  test('ScaleWorker; zero is not said, as in protobuf', () => {
    expect(tell('ScaleWorker', { modelName: 'iris', minWorker: 1, maxWorker: 2 })).toBe(
      'Processing worker updates...',
    );
    expect(tell('ScaleWorker', { modelName: 'iris', modelVersion: '1.0', synchronous: true })).toBe(
      'Workers scaled to 1 for model: iris, version: 1.0',
    );
    expect(tell('ScaleWorker', { modelName: 'iris', minWorker: 3 })).toMatchObject({ grpc: 'UNIMPLEMENTED' });
    expect(tell('ScaleWorker', { modelName: 'iris', minWorker: 2, maxWorker: 1 })).toMatchObject({
      grpc: 'INVALID_ARGUMENT',
    });
    expect(tell('ScaleWorker', { modelName: 'nope' })).toMatchObject({ grpc: 'NOT_FOUND' });
  });

  test('RegisterModel', async () => {
    const request = { url: 'noop', modelName: 'noop', initialWorkers: 1, synchronous: true, batchSize: 1 };
    expect(await change('RegisterModel', request)).toEqual({
      msg: 'Model "noop" Version: 3 registered with 1 initial workers',
      calls: [['add', { url: 'noop', name: 'noop' }]],
    });
    expect(await change('RegisterModel', {})).toMatchObject({
      error: { grpc: 'INVALID_ARGUMENT', message: 'Parameter url is required.' },
      calls: [],
    });
    expect(await change('RegisterModel', { url: 'a', s3SseKms: true })).toMatchObject({
      error: { grpc: 'UNIMPLEMENTED' },
    });
  });

  test('SetDefault and UnregisterModel', async () => {
    expect(await change('SetDefault', { modelName: 'iris', modelVersion: '1' })).toEqual({
      msg: 'Default version successfully updated for model "iris" to "1"',
      calls: [['setDefault', 'iris', '1']],
    });
    expect(await change('UnregisterModel', { modelName: 'wine' })).toEqual({
      msg: 'Model "wine" unregistered',
      calls: [['unload', 'wine', '1']],
    });
    expect(await change('UnregisterModel', { modelName: 'iris', modelVersion: '1.0' })).toMatchObject({
      calls: [['unload', 'iris', '1']],
    });
    expect(await change('UnregisterModel', { modelName: 'iris' })).toMatchObject({
      error: { code: 'VERSION_IS_DEFAULT', grpc: 'FAILED_PRECONDITION' },
      calls: [],
    });
  });
});

test('any bytes are a request or the fault of the client', async () => {
  const { changes } = changeable();
  const methods = torchserveGrpc.services.find(({ name }) => name === service)!.methods;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...methods),
      fc.oneof(
        fc.uint8Array({ maxLength: 64 }),
        fc.string().map((name) => encodeRequest(describeModel, { modelName: name })),
      ),
      async (method, bytes) => {
        if (method.kind !== 'info') throw new Error(`${method.name} is no management`);
        try {
          if (method.change) await method.change(bytes, changes, catalogue);
          else method.answer(bytes, catalogue, serverFacts());
        } catch (error) {
          expect(error).toBeInstanceOf(MdeployError);
          expect((error as MdeployError).http).not.toBe(500);
        }
      },
    ),
  );
});

test.each([
  ['RegisterModel', 'Registering a model'],
  ['SetDefault', 'Choosing the default version'],
  ['UnregisterModel', 'Unregistering a model'],
])('%s is refused by a server that was not told to allow it', (method, feature) => {
  expect(tell(method, {})).toMatchObject({
    grpc: 'UNIMPLEMENTED',
    message: `${feature} over this port is not supported by this server.`,
  });
});
