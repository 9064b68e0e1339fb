import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { type HttpDoor, openHttpDoor } from '../../../src/serve/doors/http.ts';
import { Router } from '../../../src/serve/doors/router.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { type GrpcOptions, held, inferMethod, oneRow, openGrpcWith, predictMethod } from './opened-grpc.ts';

const doors: HttpDoor[] = [];

afterEach(async () => {
  for (const door of doors.splice(0)) await door.close(0);
});

/** The doors of one server: the same request over both, and how each refuses it. */
async function openBoth(options: GrpcOptions = {}) {
  const grpc = await openGrpcWith(options);
  const door = await openHttpDoor(grpc.house, new Router([v2], v2), { host: '127.0.0.1', port: 0 });
  doors.push(door);
  const rest = async (request: object) => {
    const { modelName, inputs } = request as typeof oneRow;
    const body = JSON.stringify({
      inputs: inputs.map(({ contents, ...input }) => ({ ...input, data: contents.fp32Contents })),
    });
    const url = `http://127.0.0.1:${door.port}/v2/models/${modelName}/infer`;
    const response = await fetch(url, { method: 'POST', body });
    return { status: response.status, text: ((await response.json()) as { error?: string }).error };
  };
  return { ...grpc, rest };
}

describe('the same fault has the same words over REST and gRPC', () => {
  const row = (contents: object, more: object = {}) => ({
    ...oneRow,
    inputs: [{ ...oneRow.inputs[0]!, ...more, contents }],
  });
  const values = (length: number) => ({ fp32Contents: Array<number>(length).fill(1) });

  test.each([
    ['another model', { ...oneRow, modelName: 'nope' }, 404, status.NOT_FOUND],
    ['another shape', row(values(3), { shape: [1, 3] }), 400, status.INVALID_ARGUMENT],
    ['another input', row(values(2), { name: 'q' }), 400, status.INVALID_ARGUMENT],
    ['an empty batch', row(values(0), { shape: [0, 2] }), 400, status.INVALID_ARGUMENT],
    ['a body beyond the limit', row(values(60_000), { shape: [30_000, 2] }), 413, status.RESOURCE_EXHAUSTED],
  ])('%s', async (_, request, http, code) => {
    const { client, rest } = await openBoth({ maxBodyBytes: 65_536 });
    const overRest = await rest(request);
    const overGrpc = await client.refusal(inferMethod, request);
    expect({ http: overRest.status, grpc: overGrpc.code }).toEqual({ http, grpc: code });
    expect(overGrpc.details).toBe(overRest.text);
  });

  test('a server that starts', async () => {
    const { client, rest, house } = await openBoth();
    house.state = 'starting';
    const overRest = await rest(oneRow);
    const overGrpc = await client.refusal(inferMethod, oneRow);
    expect([overRest.status, overGrpc.code]).toEqual([503, status.UNAVAILABLE]);
    expect(overGrpc.details).toBe(overRest.text);
    const modelSpec = { name: 'echo' };
    for (const [method, request] of [
      ['Predict', { modelSpec }],
      ['Classify', { modelSpec }],
      ['Regress', { modelSpec }],
      ['MultiInference', { tasks: [{ modelSpec }] }],
    ] as const) {
      const refused = await client.refusal(`tensorflow.serving.PredictionService/${method}`, request);
      expect(refused.details, method).toBe('Model "echo" is not ready.');
    }
    const nameless = await client.refusal(predictMethod, {});
    expect(nameless.details).toBe('Model "default" is not ready.');
  });

  test('a full queue', async () => {
    const work = held();
    const { client, rest } = await openBoth({ run: work.run, maxQueue: 0 });
    const first = client.call(inferMethod, oneRow);
    await work.started;
    const overRest = await rest(oneRow);
    const overGrpc = await client.refusal(inferMethod, oneRow);
    expect([overRest.status, overGrpc.code]).toEqual([503, status.UNAVAILABLE]);
    expect(overGrpc.details).toBe(overRest.text);
    work.letGo();
    await first;
  });

  test('a run that takes too long', async () => {
    const work = held();
    const { client, rest } = await openBoth({ run: work.run, timeoutMs: 100 });
    const overRest = await rest(oneRow);
    const overGrpc = await client.refusal(inferMethod, oneRow);
    expect([overRest.status, overGrpc.code]).toEqual([504, status.DEADLINE_EXCEEDED]);
    expect(overGrpc.details).toBe(overRest.text);
    work.letGo();
  });

  test('a fault of the server: its request id, and nothing else that differs', async () => {
    const run = async () => {
      throw new TypeError('cannot read /home/someone');
    };
    const { client, rest } = await openBoth({ run });
    const overRest = await rest(oneRow);
    const overGrpc = await client.refusal(inferMethod, oneRow);
    expect([overRest.status, overGrpc.code]).toEqual([500, status.INTERNAL]);
    const id = String(overGrpc.metadata.get('x-request-id')[0]);
    expect(overGrpc.details).toContain(id);
    expect(overGrpc.details.replaceAll(id, 'ID')).toBe(
      overRest.text?.replace(/request id [^ .]+/, 'request id ID'),
    );
  });

  test('and what is right has the same values over both', async () => {
    const { client, rest, runs } = await openBoth();
    expect(await rest(oneRow)).toEqual({ status: 200, text: undefined });
    await client.call(inferMethod, oneRow);
    expect(runs[0]).toEqual(runs[1]);
  });
});
