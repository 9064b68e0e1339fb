import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { server } from '../../src/predict/server.ts';
import { parseAnswer } from '../../src/predict/table.ts';

let http: HttpServer | undefined;

afterEach(async () => {
  http?.closeAllConnections();
  await new Promise((resolve) => (http ? http.close(resolve) : resolve(undefined)));
  http = undefined;
});

async function listen(handler: RequestListener): Promise<string> {
  http = createServer(handler);
  await new Promise<void>((resolve) => http!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

function answering(status: number, body: string): RequestListener {
  return (_, response) => void response.writeHead(status).end(body);
}

describe('asking', () => {
  test('goes to /predict, or to the model by name', async () => {
    const seen: string[] = [];
    const url = await listen((request, response) => {
      request.on('data', (chunk: Buffer) => seen.push(`${request.method} ${request.url} ${chunk}`));
      request.on('end', () => response.end('{"predictions": [1]}'));
    });
    expect(await server({ url: `${url}/`, timeoutMs: 5000 }).predict('[1]')).toBe('{"predictions": [1]}');
    await server({ url, model: 'iris', timeoutMs: 5000 }).predict('{"instances": [1]}');
    expect(seen).toEqual(['POST /predict [1]', 'POST /v1/models/iris:predict {"instances": [1]}']);
  });

  test('takes the bare words of TF Serving for the JSON that they are not', async () => {
    const answer = '{"predictions": [[NaN, -Infinity, 0.5]]}';
    const url = await listen(answering(200, answer));
    expect(await server({ url, model: 'iris', timeoutMs: 5000 }).predict('{"instances": [1]}')).toBe(answer);
    expect(parseAnswer(answer)).toEqual({ predictions: [['NaN', '-Infinity', 0.5]] });
  });

  test('reads the inputs from the metadata of the only model', async () => {
    const openapi = { paths: { '/predict': {}, '/v1/models/credit:predict': {}, '/v1/models/credit': {} } };
    const dims = [
      { size: '-1', name: '' },
      { size: '1', name: '' },
    ];
    const inputs = {
      age: { dtype: 'DT_FLOAT', tensor_shape: { dim: dims, unknown_rank: false } },
      city: { dtype: 'DT_STRING', tensor_shape: { unknown_rank: true } },
      id: { dtype: 'DT_INT64', tensor_shape: { dim: [] } },
    };
    const metadata = { metadata: { signature_def: { signature_def: { serving_default: { inputs } } } } };
    const url = await listen((request, response) => {
      const documents = new Map<string, object>([
        ['/openapi.json', openapi],
        ['/v1/models/credit/metadata', metadata],
      ]);
      response.end(JSON.stringify(documents.get(request.url ?? '')));
    });
    expect(await server({ url, timeoutMs: 5000 }).inputs()).toEqual([
      { name: 'age', datatype: 'FP32', shape: ['', 1] },
      { name: 'city', datatype: 'BYTES', shape: null },
      { name: 'id', datatype: 'INT64', shape: [] },
    ]);
  });

  test('knows no inputs where the server tells none', async () => {
    const url = await listen(answering(404, '{"error": "no such route"}'));
    expect(await server({ url, timeoutMs: 5000 }).inputs()).toEqual([]);
    expect(await server({ url, model: 'm', timeoutMs: 5000 }).inputs()).toEqual([]);
  });
});

describe('a refusal', () => {
  test('in words, as TF Serving gives it, is passed on', async () => {
    const url = await listen(answering(400, '{"error": "Missing inputs"}'));
    await expect(server({ url, timeoutMs: 5000 }).predict('[]')).rejects.toMatchObject({
      code: 'SERVER_REFUSED',
      exit: 1,
      message: 'The server answered 400: Missing inputs',
    });
  });

  test('with fields, as mdeploy gives it, keeps them', async () => {
    const error = {
      code: 'INPUT_SHAPE',
      message: 'Too long.',
      fix: 'Send 4.',
      field: 'x',
      expected: '[4]',
      received: '[5]',
    };
    const url = await listen(answering(400, JSON.stringify({ error })));
    await expect(server({ url, timeoutMs: 5000 }).predict('[]')).rejects.toMatchObject({
      code: 'SERVER_REFUSED',
      remedy: 'Send 4.',
      details: { field: 'x', expected: '[4]', received: '[5]' },
    });
  });
});

describe('a server that is none', () => {
  test('is unreachable where nothing listens', async () => {
    const url = await listen(answering(200, ''));
    await new Promise((resolve) => http!.close(resolve));
    http = undefined;
    await expect(server({ url, timeoutMs: 5000 }).predict('[]')).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      exit: 3,
      message: `Cannot reach a server at ${url}/predict: nothing listens there.`,
    });
  });

  test('is unreachable when it does not answer in time, or cuts the line', async () => {
    const silent = await listen(() => undefined);
    await expect(server({ url: silent, timeoutMs: 50 }).predict('[]')).rejects.toThrow(
      'it did not answer in time',
    );
    http!.closeAllConnections();
    http!.removeAllListeners('request');
    http!.on('request', (request) => request.socket.destroy());
    await expect(server({ url: silent, timeoutMs: 5000 }).predict('[]')).rejects.toThrow(
      'the connection was cut',
    );
  });

  test.each([
    { status: 502, body: '<html>', reason: 'it answered 502 without an error document' },
    { status: 200, body: '<html>', reason: 'its answer is not JSON' },
  ])('is foreign when it answers $status $body', async ({ status, body, reason }) => {
    const url = await listen(answering(status, body));
    await expect(server({ url, timeoutMs: 5000 }).predict('[]')).rejects.toMatchObject({
      code: 'SERVER_FOREIGN',
      exit: 3,
      message: expect.stringContaining(reason),
    });
  });
});
