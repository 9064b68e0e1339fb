import { connect, constants } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { ModelInferRequest } from '../../../src/serve/proto/open-inference.gen.ts';
import { inferMethod, openGrpcWith } from './opened-grpc.ts';

const path = `/${inferMethod}`;

describe('bytes that are no message', () => {
  test.each([
    ['cut short', ModelInferRequest.encode({ modelName: 'echo' }).subarray(0, -1)],
    ['garbage', Buffer.from('{"inputs": []}')],
  ])('%s', async (_, body) => {
    const { client } = await openGrpcWith();
    const refused = await client.bytes(path, body).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('is not valid protobuf'),
    });
  });

  test.each([
    [
      'packed badly',
      Buffer.concat([gzipSync('x').subarray(0, 8), Buffer.alloc(20)]),
      'gzip',
      status.INVALID_ARGUMENT,
    ],
    ['packed in an unknown way', Buffer.from('x'), 'br', status.UNIMPLEMENTED],
  ])('%s', async (_, body, encoding, code) => {
    const { address } = await openGrpcWith();
    const trailers = await rawCall(address, frame(1, body), { 'grpc-encoding': encoding });
    expect(trailers['grpc-status']).toBe(String(code));
  });

  test('another content type is 415', async () => {
    const { address } = await openGrpcWith();
    const headers = await rawCall(address, Buffer.from('{}'), { 'content-type': 'application/json' });
    expect(headers[':status']).toBe(415);
  });
});

function frame(flag: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** Header of the reply with what follows it, of a call made with nothing but HTTP/2. */
async function rawCall(
  address: string,
  body: Uint8Array,
  headers: Record<string, string>,
): Promise<Record<string, unknown>> {
  const session = connect(`http://${address}`);
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const seen: Record<string, unknown> = {};
  stream.on('response', (received) => Object.assign(seen, received));
  stream.on('trailers', (received) => Object.assign(seen, received));
  stream.resume().end(body);
  await new Promise((resolve) => stream.once('close', resolve));
  session.destroy();
  return seen;
}
