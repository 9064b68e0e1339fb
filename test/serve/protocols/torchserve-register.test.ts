import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/manifest/manifest.ts';
import { ask, processing } from './torchserve-ask.ts';

const registered = { status: 'Model "noop" Version: 3 registered with 1 initial workers' };

describe('registering', () => {
  test.each([
    ['/models?url=noop', '', 200, 'Model "iris" Version: 3 registered with 1 initial workers'],
    ['/models?url=noop&model_name=noop', '', 200, registered.status],
    ['/models?url=noop&model_name=noop&initial_workers=0', '', 200, registered.status],
    ['/models?url=noop&model_name=noop&initial_workers=1&synchronous=true', '', 200, registered.status],
    ['/models?url=noop&initial_workers=1&synchronous=false', '', 202, processing.status],
    ['/models?url=noop&initial_workers=1', '', 202, processing.status],
    [
      '/models',
      '{"url":"noop","model_name":"noop","initial_workers":1,"synchronous":true}',
      200,
      registered.status,
    ],
    [
      '/models?model_name=noop',
      '{"url":"noop","batch_size":1,"max_batch_delay":100,"initial_workers":0,"synchronous":false,"response_timeout":120}',
      200,
      registered.status,
    ],
    [
      '/models?url=noop&model_name=noop&runtime=PYTHON&startup_timeout=120&s3_sse_kms=false',
      '',
      200,
      registered.status,
    ],
  ])('POST %s %s: %i', async (path, body, status, text) => {
    const { calls, ...reply } = await ask('POST', path, body);
    expect(reply).toMatchObject({ status, document: { status: text } });
    const name = text.includes('noop') ? { name: 'noop' } : {};
    expect(calls).toEqual([['add', { url: 'noop', ...name }]]);
  });

  test.each([
    ['', '', 400, 'Parameter url is required.'],
    ['url=', '', 400, 'Parameter url is required.'],
    ['url=a&model_name=../a', '', 400, '"../a" cannot be the name of a model.'],
    ['url=a&model_name=', '', 400, '"" cannot be the name of a model.'],
    ['url=a&initial_workers=x', '', 400, '"initial_workers" is "x", which is not a whole number.'],
    ['url=a&synchronous=yes', '', 400, '"synchronous" is "yes", which is not true or false.'],
    ['url=a&workers=1', '', 400, 'There is no setting "workers".'],
    ['url=a&initial_workers=4', '', 501, 'initial_workers=4 is not supported by this server.'],
    ['url=a&initial_workers=-1', '', 400, '"initial_workers" is -1, which is less than 0. Send 0 or more.'],
    ['url=a&batch_size=0', '', 400, '"batch_size" is 0, which is less than 1.'],
    ['url=a&max_batch_delay=-1', '', 400, '"max_batch_delay" is -1, which is less than 0.'],
    ['url=a&handler=h.py:go', '', 501, 'A handler is not supported by this server.'],
    ['url=a&runtime=LSP', '', 501, 'Choosing the runtime is not supported by this server.'],
    ['url=a&response_timeout=5', '', 501, 'response_timeout=5 is not supported by this server.'],
    ['url=a&startup_timeout=5', '', 501, 'startup_timeout=5 is not supported by this server.'],
    ['url=a&s3_sse_kms=true', '', 501, 'Fetching a model from S3 is not supported by this server.'],
    ['', '[]', 400, '"body" is [], which is not an object.'],
    ['', '{"url":["a"]}', 400, '"body.url" is ["a"], which is not a string, a number, true or false.'],
    ['', '{"url":"a"', 400, 'The request body is not valid JSON'],
  ])('?%s %s is refused: %i %s', async (query, body, status, message) => {
    const { calls, ...reply } = await ask('POST', `/models?${query}`, body);
    const type = status === 400 ? 'BadRequestException' : 'InternalServerException';
    const text = expect.stringContaining(message) as string;
    expect(reply).toMatchObject({ status, document: { code: status, type, message: text } });
    expect(calls).toEqual([]);
  });

  const manifest = (batching?: Manifest['serving']['batching']) =>
    ({ name: 'noop', serving: { ...(batching && { batching }) } }) as Manifest;
  const eight = { max_batch_size: 8, max_queue_delay_ms: 5 };

  test.each([
    ['', undefined],
    ['', eight],
    ['&batch_size=1&max_batch_delay=100', eight],
    ['&batch_size=8', eight],
    ['&batch_size=8&max_batch_delay=5', eight],
  ])('batches%s are what model.yaml says: %j', async (query, batching) => {
    const { proofs } = await ask('POST', `/models?url=noop${query}`);
    expect(() => proofs[0]!(manifest(batching))).not.toThrow();
  });

  test.each([
    ['batch_size=8', undefined, 'max_batch_size 1 and max_queue_delay_ms 0'],
    ['batch_size=4', eight, 'max_batch_size 8 and max_queue_delay_ms 5'],
    ['batch_size=8&max_batch_delay=50', eight, 'max_batch_size 8 and max_queue_delay_ms 5'],
  ])('%s is refused where model.yaml says otherwise', async (query, batching, remedy) => {
    const { proofs } = await ask('POST', `/models?url=noop&${query}`);
    expect(() => proofs[0]!(manifest(batching))).toThrow(
      expect.objectContaining({
        code: 'FEATURE_UNSUPPORTED',
        message: expect.stringContaining(query.split('&')[0]!) as string,
        remedy: expect.stringContaining(remedy) as string,
      }),
    );
  });
});
