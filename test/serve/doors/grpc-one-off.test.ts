import { type ClientReadableStream, type ServiceError, status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { openGrpc } from '../../../src/serve/open-grpc.ts';
import { GrpcClient } from '../grpc-client.ts';
import { type GrpcOptions, held, openGrpcWith } from './opened-grpc.ts';

// A stream that has one message: TorchServe's StreamPredictions.
const method = 'org.pytorch.serve.grpc.inference.InferenceAPIsService/StreamPredictions';
const row = (modelName = 'echo') => ({ modelName, input: { data: Buffer.from('[[1,2]]') } });

async function opened(options: GrpcOptions = {}) {
  const { house, lines } = await openGrpcWith(options);
  const door = await openGrpc(house, ['torchserve'], { host: '127.0.0.1', port: 0 });
  const client = new GrpcClient(`127.0.0.1:${door.port}`);
  onTestFinished(async () => {
    client.close();
    await door.close(0);
  });
  return { house, lines, door, client };
}

/** Everything that a stream says, to its end. */
function heard(stream: ClientReadableStream<Record<string, unknown>>) {
  const messages: string[] = [];
  stream.on('data', ({ prediction }) => messages.push(String(prediction)));
  const end = Promise.withResolvers<{ messages: string[]; end: Partial<ServiceError> & { code: number } }>();
  stream.on('error', () => undefined);
  stream.on('status', (last) => end.resolve({ messages, end: last }));
  return end.promise;
}

test('has its message, then its end with the request id; it is counted and logged', async () => {
  const { client, house, lines } = await opened();
  const { messages, end } = await heard(client.watch(method, row()));
  expect(messages).toEqual(['[[1,2]]\n']);
  expect(end.code).toBe(status.OK);
  expect(end.metadata?.get('x-request-id')).toEqual([expect.stringMatching(/.{8}/)]);
  expect(house.metrics.of('echo', 'grpc_stream_predictions').codes).toEqual(new Map([[200, 1]]));
  expect(lines.at(-1)).toMatchObject({ path: `/${method}`, status: 'OK', msg: 'request' });
});

test('that is refused has no message, but the status and words of every call', async () => {
  const { client, house } = await opened();
  const unknown = await heard(client.watch(method, row('nope')));
  expect(unknown).toMatchObject({
    messages: [],
    end: { code: status.NOT_FOUND, details: expect.stringContaining('There is no model named "nope" here.') },
  });
  house.state = 'starting';
  expect(await heard(client.watch(method, row()))).toMatchObject({
    messages: [],
    end: { code: status.UNAVAILABLE, details: expect.stringContaining('Model "echo" is not ready.') },
  });
});

test('that fails inside tells the request id and nothing else', async () => {
  const run = async () => {
    throw new TypeError('cannot read /home/someone/model.onnx');
  };
  const { client } = await opened({ run });
  const { messages, end } = await heard(client.watch(method, row()));
  expect(messages).toEqual([]);
  expect(end.code).toBe(status.INTERNAL);
  expect(end.details).toContain('Report request id');
  expect(end.details).not.toMatch(/home|TypeError/);
});

test('whose client goes away costs nothing but its run', async () => {
  const { run, letGo, started } = held();
  const { client } = await opened({ run });
  const stream = client.watch(method, row());
  const last = heard(stream);
  await started;
  stream.cancel();
  expect(await last).toMatchObject({ messages: [], end: { code: status.CANCELLED } });
  letGo();
  expect((await heard(client.watch(method, row()))).messages).toHaveLength(1);
});

test('in progress is answered while the door closes', async () => {
  const { run, letGo, started } = held();
  const { client, door } = await opened({ run });
  const last = heard(client.watch(method, row()));
  await started;
  const closed = door.close(5_000);
  letGo();
  expect(await last).toMatchObject({ messages: ['[[1,2]]\n'], end: { code: status.OK } });
  expect(await closed).toBe(true);
});
