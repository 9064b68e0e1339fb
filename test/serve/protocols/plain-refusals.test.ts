import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/errors/error.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { catalogueOf, modelFacts, rawCall, replyText } from '../catalogue.ts';
import { decode, image, inputsOf, iris, refused } from './plain-call.ts';

const oneRow = [['X', [1, 4], [1, 2, 3, 4]]];

describe('a raw body', () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0);

  test.each(['image/png', 'IMAGE/PNG; q=1', 'application/octet-stream', 'audio/wav'])(
    'of %s is the value',
    (type) => {
      const [tensor] = decode(png, image, { 'content-type': type }).request.inputs;
      expect(tensor).toEqual({ name: 'image', datatype: 'BYTES', shape: [1], data: [png] });
    },
  );

  test('of text is a string', () => {
    const [tensor] = decode('héllo', image, { 'content-type': 'text/plain; charset=utf-8' }).request.inputs;
    expect(tensor?.data).toEqual(['héllo']);
  });

  test('is one row, so its answer is one', () => {
    const labels: Tensor = { name: 'label', datatype: 'BYTES', shape: [1, 3], data: ['3', '8', '9'] };
    const { encode } = decode(png, image, { 'content-type': 'image/png' });
    expect(JSON.parse(replyText(encode({ model: 'iris', version: '1', outputs: [labels] })))).toEqual({
      predictions: ['3', '8', '9'],
    });
  });

  test('as JSON is base64', () => {
    expect(inputsOf('{"data":{"b64":"AAE="}}', image)).toEqual([['image', [1], [Uint8Array.of(0, 1)]]]);
    expect(inputsOf('{"b64":"AAE="}', image)).toEqual([['image', [1], [Uint8Array.of(0, 1)]]]);
    expect(inputsOf('[{"b64":"AAE="},"text"]', image)).toEqual([
      ['image', [2], [Uint8Array.of(0, 1), 'text']],
    ]);
  });

  test('is refused where the model takes numbers, but JSON under any of its usual types is not', () => {
    expect(refused(png, iris, { 'content-type': 'image/png' })).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
      field: 'Content-Type',
      received: 'image/png',
      fix: 'Send JSON with content-type application/json.',
    });
    expect(refused(png, image, { 'content-type': 'multipart/form-data' }).fix).toContain('image/*');
    for (const type of [
      '',
      'application/json; charset=utf-8',
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/vnd.x+json',
    ])
      expect(inputsOf('[1,2,3,4]', iris, type === '' ? {} : { 'content-type': type })).toEqual(oneRow);
  });
});

describe('a refusal', () => {
  test('names field, expected, received, fix and the request id', () => {
    expect(refused('{"features":[1,"two",3,4]}')).toEqual({
      status: 400,
      code: 'INPUT_VALUE',
      message: 'Input "X" at [1] has the value "two", which is not FP32 (a number up to 3.4e38).',
      field: 'X[1]',
      expected: 'FP32 (a number up to 3.4e38)',
      received: '"two"',
      fix: 'Send values of FP32 (a number up to 3.4e38) only.',
      request_id: 'request-1',
    });
  });

  test.each([
    ['{"featurs":[1,2,3,4]}', 'INPUT_UNKNOWN', 'featurs', 'features'],
    ['{"features":[1],"data":[2]}', 'REQUEST_INVALID', 'data', undefined],
    ['{"features":[1],"X":[2]}', 'REQUEST_INVALID', 'X', undefined],
    ['{}', 'INPUT_MISSING', 'X', undefined],
    ['[[1,2],[3]]', 'INPUT_RAGGED', 'X[1]', '2'],
    ['[[1],2]', 'INPUT_NESTING', 'X[1]', 'lists'],
  ])('%s is %s', (body, code, field, expected) => {
    const error = refused(body);
    expect(error).toMatchObject({ code, field });
    expect(error.expected).toBe(expected);
  });

  test.each([
    ['featurs', ' Did you mean "features"?'],
    ['instance', ' Did you mean "instances"?'],
    ['x', ' Did you mean "X"?'],
    ['nonsense', ''],
  ])('of the key %s says%s', (key, hint) => {
    expect(refused(`{"${key}":[1,2,3,4]}`)).toMatchObject({
      message: `The model has no input named "${key}".${hint}`,
      fix: 'Its inputs are: X.',
    });
    expect(refused(`{"data":{"${key}":[1,2,3,4]}}`).message).toContain(
      key === 'x' ? hint : `no input named "${key}".`,
    );
  });

  test('of broken JSON names the byte', () => {
    expect(refused('{"features":[1,2').message).toContain('array element at its end');
    expect(refused('').code).toBe('BODY_MALFORMED');
    expect(refused('[1,2,3,4] x').message).toContain('at byte 10');
    expect(refused(`{"features":${'['.repeat(100)}`).code).toBe('JSON_TOO_DEEP');
  });
});

describe('which model', () => {
  const two = catalogueOf(modelFacts(), modelFacts({ name: 'other' }));
  const decodeAt = (path: string, name?: string) => {
    const route = plain.routes.find((candidate) => candidate.path === path);
    if (route?.kind !== 'infer') throw new Error('no route');
    return route.decode(rawCall(path, '[1,2,3,4]', { params: name === undefined ? {} : { name } }), two);
  };

  test('/predict means the only one, /predict/NAME the named', () => {
    expect(() => decodeAt('/predict')).toThrow(expect.objectContaining({ code: 'MODEL_AMBIGUOUS' }));
    expect(decodeAt('/predict/:name', 'other').request.model).toBe('other');
    expect(() => decodeAt('/predict/:name', 'none')).toThrow(
      expect.objectContaining({ code: 'MODEL_NOT_FOUND' }),
    );
  });

  test('an overloaded one says when to come back', () => {
    const error = failure('QUEUE_FULL', { name: 'iris', limit: 8 }, { retryAfter: 0.2 });
    expect(plain.encodeError(error, rawCall('/predict', '')).headers['retry-after']).toBe('1');
  });
});
