import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { torchserveGrpc } from '../../../src/serve/protocols/torchserve-grpc.ts';
import { catalogueOf, modelFacts, serverFacts, withSignature } from '../catalogue.ts';
import { decodeReply, grpcSender } from '../grpc-send.ts';

const service = 'org.pytorch.serve.grpc.inference.InferenceAPIsService';
const send = grpcSender(torchserveGrpc);
const predict = (request: object | Uint8Array, asked = {}) => send(`${service}/Predictions`, request, asked);
const request = (input: Record<string, string | Uint8Array>, modelName = 'iris', modelVersion = '') => ({
  modelName,
  modelVersion,
  input: Object.fromEntries(Object.entries(input).map(([name, value]) => [name, Buffer.from(value)])),
});
const output: Tensor = {
  name: 'probabilities',
  datatype: 'FP32',
  shape: [1, 3],
  data: Float32Array.of(0.2, 0.3, 0.5),
};

describe('TorchServe over gRPC', () => {
  test.each([
    ['{"X":[1,2,3,4]}', '[0.2,0.3,0.5]\n'],
    ['[[1,2,3,4]]', '[[0.2,0.3,0.5]]\n'],
    ['{"instances":[[1,2,3,4]]}', '{"predictions":[[0.2,0.3,0.5]]}\n'],
  ])('%s: the answer of the same body over REST', (body, answer) => {
    for (const field of ['data', 'body', 'anything']) {
      const { decoded } = predict(request({ [field]: body }));
      expect(decoded?.request).toMatchObject({ model: 'iris', inputs: [{ name: 'X', shape: [1, 4] }] });
      const reply = decoded!.encode({ model: 'iris', version: '1', outputs: [output] });
      const { prediction } = decodeReply(`${service}/Predictions`, reply);
      expect(Buffer.from(prediction as Uint8Array).toString()).toBe(answer);
    }
  });

  test('bytes are bytes, and several inputs have one entry each', () => {
    const photo = withSignature([{ name: 'photo', datatype: 'BYTES', shape: ['batch'] }]);
    const binary = Uint8Array.of(0xff, 0);
    const taken = predict(request({ data: binary }), { catalogue: catalogueOf(photo) });
    expect(taken.decoded?.request.inputs[0]).toMatchObject({ shape: [1], data: [binary] });
    const credit = withSignature([
      { name: 'age', datatype: 'INT64', shape: ['batch', 1] },
      { name: 'job', datatype: 'BYTES', shape: ['batch', 1] },
    ]);
    const both = predict(request({ job: 'clerk', age: '39' }), { catalogue: catalogueOf(credit) });
    expect(both.decoded?.request.inputs).toMatchObject([
      { name: 'age', shape: [1, 1], data: BigInt64Array.of(39n) },
      { name: 'job', shape: [1, 1], data: ['clerk'] },
    ]);
  });

  test('a version is chosen, or is not there', () => {
    const catalogue = catalogueOf(modelFacts({ version: '2' }), modelFacts());
    const body = { data: '[[1,2,3,4]]' };
    expect(predict(request(body, 'iris', '1.0'), { catalogue }).decoded?.request.version).toBe('1');
    expect(predict(request(body), { catalogue }).decoded?.request.version).toBeUndefined();
    expect(predict(request(body, 'iris', '9'), { catalogue }).error?.code).toBe('VERSION_NOT_FOUND');
    expect(predict(request(body, 'nope'), { catalogue })).toMatchObject({
      error: { code: 'MODEL_NOT_FOUND', grpc: 'NOT_FOUND' },
      text: expect.stringContaining('There is no model named "nope" here.'),
    });
    expect(predict(request({})).error?.grpc).toBe('INVALID_ARGUMENT');
  });

  test('StreamPredictions reads and writes what Predictions does', () => {
    const { decoded } = send(`${service}/StreamPredictions`, request({ data: '[1,2,3,4]' }));
    expect(decoded?.request).toMatchObject({ model: 'iris', inputs: [{ name: 'X', shape: [1, 4] }] });
    const reply = decoded!.encode({ model: 'iris', version: '1', outputs: [output] });
    const { prediction } = decodeReply(`${service}/StreamPredictions`, reply);
    expect(Buffer.from(prediction as Uint8Array).toString()).toBe('[0.2,0.3,0.5]\n');
  });

  test('a sequence is refused: nothing is remembered between requests', () => {
    for (const method of ['Predictions', 'StreamPredictions']) {
      const { error } = send(`${service}/${method}`, { ...request({ data: '[1,2,3,4]' }), sequenceId: 's' });
      expect(error).toMatchObject({
        grpc: 'UNIMPLEMENTED',
        message: 'A sequence of requests is not supported by this server.',
      });
    }
  });

  test('Ping says in JSON whether the server is ready', () => {
    const ask = (server = serverFacts()) => send(`${service}/Ping`, {}, { server }).reply;
    expect(ask()).toEqual({ health: '{"status":"Healthy"}' });
    expect(ask(serverFacts('starting'))).toEqual({ health: '{"status":"Unhealthy"}' });
  });

  test('any bytes are a request or the fault of the client', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const { error } = predict(bytes);
        if (error) expect(error).toBeInstanceOf(MdeployError);
        if (error) expect([400, 404]).toContain(error.http);
      }),
    );
  });
});
