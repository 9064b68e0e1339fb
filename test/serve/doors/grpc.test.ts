import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { openGrpc } from '../../../src/serve/open-grpc.ts';
import { ModelInferRequest } from '../../../src/serve/proto/open-inference.gen.ts';
import { GrpcClient } from '../grpc-client.ts';
import { held, inferMethod, oneRow, openGrpcWith, predictMethod } from './opened-grpc.ts';

const path = `/${inferMethod}`;

describe('a call', () => {
  test('is answered with its request id, counted and logged', async () => {
    const { client, house, lines } = await openGrpcWith();
    const reply = await client.call(inferMethod, oneRow, { metadata: { 'x-request-id': 'mine-7' } });
    expect(reply).toMatchObject({ modelName: 'echo', modelVersion: '1' });
    expect(lines.at(-1)).toMatchObject({ request_id: 'mine-7', path, status: 'OK', msg: 'request' });
    expect(house.metrics.of('echo', 'grpc_infer').codes).toEqual(new Map([[200, 1]]));
    expect(house.metrics.totals('echo', '1')).toMatchObject({ rows: 1, success: { count: 1 } });
  });

  test('waits for no model: before the server is ready it is UNAVAILABLE', async () => {
    const { client, house } = await openGrpcWith();
    house.state = 'starting';
    const refused = await client.refusal(inferMethod, oneRow);
    expect(refused.code).toBe(status.UNAVAILABLE);
    expect(refused.details).toBe('Model "echo" is not ready. Wait until GET /readyz answers 200.');
  });

  test('of a method that is not there is UNIMPLEMENTED', async () => {
    const { client } = await openGrpcWith();
    await expect(client.bytes('/inference.GRPCInferenceService/Nope', Buffer.alloc(0))).rejects.toMatchObject(
      {
        code: status.UNIMPLEMENTED,
      },
    );
  });

  test('that fails inside tells the request id and nothing else', async () => {
    const run = async () => {
      throw new TypeError('cannot read /home/someone/model.onnx');
    };
    const { client, lines } = await openGrpcWith({ run });
    const refused = await client.refusal(inferMethod, oneRow, { metadata: { 'x-request-id': 'id-1' } });
    expect(refused.code).toBe(status.INTERNAL);
    expect(refused.details).toContain('Report request id id-1');
    expect(refused.details).not.toMatch(/home|TypeError/);
    expect(refused.metadata.get('x-request-id')).toEqual(['id-1']);
    expect(lines.find(({ level }) => level === 50)).toMatchObject({
      request_id: 'id-1',
      code: 'INTERNAL',
      path,
    });
  });

  test('with names of any characters is refused with a text', async () => {
    const { client } = await openGrpcWith();
    const refused = await client.refusal(inferMethod, { ...oneRow, modelName: 'é😀%\n\u2028' });
    expect(refused.code).toBe(status.NOT_FOUND);
    expect(refused.details).toContain('é😀%\\n\\u2028');
  });
});

describe('one limit for all messages', () => {
  const large = { ...oneRow, id: 'x'.repeat(70_000) };

  test('plain', async () => {
    const { client, house } = await openGrpcWith({ maxBodyBytes: 65_536 });
    const refused = await client.refusal(inferMethod, large);
    expect(refused.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(refused.details).toBe(
      'The request body is larger than the limit of 65536 bytes. Send less at once, or raise serving.max_body_size in model.yaml.',
    );
    expect(await house.metrics.render({ ready: () => true, models: () => [] })).toContain(
      'mdeploy_rejected_total{api="grpc",code="413"} 1',
    );
    await expect(client.call(inferMethod, oneRow)).resolves.toBeDefined();
  });

  test('compressed: what it unpacks to counts', async () => {
    const { client, runs } = await openGrpcWith({
      maxBodyBytes: 65_536,
      clientOptions: { 'grpc.default_compression_algorithm': 2 },
    });
    await expect(client.call(inferMethod, oneRow)).resolves.toBeDefined();
    expect((await client.refusal(inferMethod, large)).details).toContain(
      'larger than the limit of 65536 bytes',
    );
    expect(runs).toHaveLength(1);
  });

  test('few bytes that stand for many values', async () => {
    const { client } = await openGrpcWith();
    const tensorShape = { dim: [{ size: '1000000000' }, { size: 2 }] };
    const request = { modelSpec: { name: 'echo' }, inputs: { x: { dtype: 1, tensorShape, floatVal: [1] } } };
    expect((await client.refusal(predictMethod, request)).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('a reply may be larger than four megabytes', async () => {
    const { client } = await openGrpcWith({ maxBodyBytes: 2 ** 24 });
    const raw = Buffer.from(Float32Array.from({ length: 2 ** 21 }, (_, index) => index).buffer);
    const request = {
      modelName: 'echo',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2 ** 20, 2] }],
      rawInputContents: [raw],
    };
    const { rawOutputContents } = await client.call(inferMethod, request);
    expect(raw.equals((rawOutputContents as Buffer[])[0]!)).toBe(true);
  });
});

describe('time', () => {
  test("is up at the client's deadline, and the work is not begun", async () => {
    const work = held();
    const { client, runs } = await openGrpcWith({ run: work.run });
    const first = client.call(inferMethod, oneRow);
    await work.started;
    const refused = await client.refusal(inferMethod, oneRow, { deadlineMs: 100 });
    expect(refused.code).toBe(status.DEADLINE_EXCEEDED);
    await settled();
    work.letGo();
    await first;
    await settled();
    expect(runs).toHaveLength(1);
  });

  test("is up at the manifest's limit", async () => {
    const work = held();
    const { client } = await openGrpcWith({ run: work.run, timeoutMs: 50 });
    const refused = await client.refusal(inferMethod, oneRow, { deadlineMs: 5000 });
    expect(refused.code).toBe(status.DEADLINE_EXCEEDED);
    expect(refused.details).toContain('The request was not answered within 50 ms.');
    work.letGo();
  });

  test('a cancelled call leaves the queue', async () => {
    const work = held();
    const { client, runs, house } = await openGrpcWith({ run: work.run });
    const first = client.call(inferMethod, oneRow);
    await work.started;
    const { room } = house.repository.lease('echo').version;
    const same = (value: Buffer) => value;
    const second = client.raw.makeUnaryRequest(
      path,
      same,
      same,
      ModelInferRequest.encode({
        modelName: 'echo',
        inputs: [
          {
            name: 'x',
            datatype: 'FP32',
            shape: BigInt64Array.of(1n, 2n),
            contents: { fp32Contents: Float32Array.of(1, 2) },
          },
        ],
      }),
      () => undefined,
    );
    await until(() => room.waiting === 1);
    second.cancel();
    await until(() => room.waiting === 0);
    work.letGo();
    await first;
    await settled();
    expect(runs).toHaveLength(1);
  });

  test('a full queue says when to try again', async () => {
    const work = held();
    const { client } = await openGrpcWith({ run: work.run, maxQueue: 0 });
    const first = client.call(inferMethod, oneRow);
    await work.started;
    const refused = await client.refusal(inferMethod, oneRow);
    expect(refused.code).toBe(status.UNAVAILABLE);
    expect(refused.metadata.get('grpc-retry-pushback-ms')).toEqual(['1000']);
    work.letGo();
    await first;
  });
});

describe('closing', () => {
  test('lets calls in progress finish, takes no more', async () => {
    const work = held();
    const { client, door, address } = await openGrpcWith({ run: work.run });
    const inProgress = client.call(inferMethod, oneRow);
    await work.started;
    const closed = door.close(5000);
    const late = new GrpcClient(address);
    expect((await late.refusal(inferMethod, oneRow)).code).toBe(status.UNAVAILABLE);
    late.close();
    work.letGo();
    await expect(inProgress).resolves.toMatchObject({ modelName: 'echo' });
    expect(await closed).toBe(true);
  });

  test('does not wait longer than the grace', async () => {
    const work = held();
    const { client, door } = await openGrpcWith({ run: work.run });
    const inProgress = client.refusal(inferMethod, oneRow);
    await work.started;
    const start = performance.now();
    expect(await door.close(100)).toBe(false);
    expect(performance.now() - start).toBeLessThan(2000);
    expect([status.UNAVAILABLE, status.CANCELLED, status.INTERNAL]).toContain((await inProgress).code);
    work.letGo();
  });

  test('ends at once when nothing is in progress, connections or not', async () => {
    const { client, door } = await openGrpcWith();
    await client.call(inferMethod, oneRow);
    const start = performance.now();
    expect(await door.close(5000)).toBe(true);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('opening', () => {
  test('a taken port is named', async () => {
    const { house, door } = await openGrpcWith();
    await expect(openGrpc(house, ['v2'], { host: '127.0.0.1', port: door.port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
    });
  });

  test('without a protocol that speaks gRPC is refused', async () => {
    const { house } = await openGrpcWith();
    await expect(openGrpc(house, ['plain'], { host: '127.0.0.1', port: 0 })).rejects.toMatchObject({
      code: 'GRPC_NOTHING',
      remedy: expect.stringContaining('tfs, v2'),
    });
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30));
}
