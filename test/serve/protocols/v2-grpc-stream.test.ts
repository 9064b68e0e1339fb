import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { held, oneRow, openGrpcWith } from '../doors/opened-grpc.ts';

const stream = 'inference.GRPCInferenceService/ModelStreamInfer';
type Reply = { readonly errorMessage?: string; readonly inferResponse?: Record<string, unknown> };

async function converse(requests: readonly object[], options = {}): Promise<Reply[]> {
  const { client } = await openGrpcWith(options);
  const call = client.converse(stream);
  for (const request of requests) call.write(request);
  call.end();
  const replies: Reply[] = [];
  for await (const reply of call) replies.push(reply);
  return replies;
}

describe('ModelStreamInfer', () => {
  test('answers every message in order', async () => {
    const requests = Array.from({ length: 20 }, (_, index) => ({
      ...oneRow,
      id: `r-${index}`,
      inputs: [{ ...oneRow.inputs[0]!, contents: { fp32Contents: [index, -index] } }],
    }));
    const replies = await converse(requests);
    expect(replies.map(({ inferResponse }) => inferResponse?.id)).toEqual(requests.map(({ id }) => id));
    expect(replies[7]).toMatchObject({
      inferResponse: { modelName: 'echo', outputs: [{ name: 'y', contents: { fp32Contents: [7, -7] } }] },
    });
    expect(replies.every((reply) => !reply.errorMessage)).toBe(true);
  });

  test('a refused message is an answer with its id, and the stream goes on', async () => {
    const replies = await converse([
      { ...oneRow, id: 'first' },
      { ...oneRow, id: 'wrong', modelName: 'nope' },
      { ...oneRow, id: 'last' },
    ]);
    expect(replies.map(({ inferResponse }) => inferResponse?.id)).toEqual(['first', 'wrong', 'last']);
    expect(replies[1]).toMatchObject({ errorMessage: expect.stringContaining('no model named "nope"') });
    expect(replies[2]).toMatchObject({ inferResponse: { modelName: 'echo' } });
  });

  test('every answer is the last one to its request, and says so, also where an empty one is asked for', async () => {
    const parameters = { triton_enable_empty_final_response: { boolParam: true } };
    const replies = await converse([
      { ...oneRow, id: 'plain' },
      { ...oneRow, id: 'asked', parameters },
      { ...oneRow, id: 'wrong', modelName: 'nope', parameters },
    ]);
    const last = { triton_final_response: { boolParam: true } };
    expect(replies).toMatchObject([
      { inferResponse: { id: 'plain', outputs: [{ name: 'y' }], parameters: last } },
      { inferResponse: { id: 'asked', outputs: [{ name: 'y' }], parameters: last } },
      { errorMessage: expect.stringContaining('nope'), inferResponse: { id: 'wrong' } },
    ]);
  });

  test('the wish for an empty answer is true or false', async () => {
    const parameters = { triton_enable_empty_final_response: { stringParam: 'yes' } };
    const [reply] = await converse([{ ...oneRow, parameters }]);
    expect(reply?.errorMessage).toContain('"parameters.triton_enable_empty_final_response" is yes');
  });

  test('a stream without messages ends', async () => {
    expect(await converse([])).toEqual([]);
  });

  test('that waits for a message ends with UNAVAILABLE when the server closes', async () => {
    const { client, door } = await openGrpcWith();
    const call = client.converse(stream);
    call.write(oneRow);
    await new Promise((resolve) => call.once('data', resolve));
    const ended = new Promise<{ code: number }>((resolve) => call.once('error', resolve));
    const start = performance.now();
    expect(await door.close(5000)).toBe(true);
    expect(performance.now() - start).toBeLessThan(1000);
    expect((await ended).code).toBe(status.UNAVAILABLE);
  });

  test('ends with UNAVAILABLE when the server closes, after the message it is at', async () => {
    const work = held();
    const { client, door } = await openGrpcWith({ run: work.run });
    const call = client.converse(stream);
    const replies: Reply[] = [];
    call.on('data', (reply) => replies.push(reply));
    const ended = new Promise<{ code: number }>((resolve) => call.once('error', resolve));
    call.write({ ...oneRow, id: 'last' });
    await work.started;
    const closed = door.close(5000);
    work.letGo();
    expect((await ended).code).toBe(status.UNAVAILABLE);
    expect(await closed).toBe(true);
    expect(replies).toMatchObject([{ inferResponse: { id: 'last' } }]);
  });
});
