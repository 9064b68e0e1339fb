import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../src/core/tensor.ts';
import { modelFacts, replyText, withSignature } from '../catalogue.ts';
import { both, inputsOf, predict, refused, send } from './tfs-call.ts';

const y = (shape: readonly number[], values: readonly number[], name = 'y'): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});

/** As TensorFlow Serving's documentation shows replies. */
const document = (key: string, value: string) => `{\n    "${key}": ${value}\n}`;

describe('predict, row format', () => {
  test('stacks values and lists', () => {
    expect(inputsOf('{"instances":[1.0,2.0,5.0]}')).toEqual([['x', [3], [1, 2, 5]]]);
    expect(inputsOf('{"instances":[[1,2],[3,4]]}')).toEqual([['x', [2, 2], [1, 2, 3, 4]]]);
    expect(inputsOf('{"instances":[{"x":1},{"x":2}]}')).toEqual([['x', [2], [1, 2]]]);
    expect(inputsOf('{"signature_name":"serving_default","other":[{}],"instances":[1]}')).toEqual([
      ['x', [1], [1]],
    ]);
  });

  test('takes several inputs as objects', () => {
    const body = '{"instances":[{"a":1,"b":["x","y"]},{"b":["z",{"b64":"AA=="}],"a":2}]}';
    expect(inputsOf(body, both)).toEqual([
      ['a', [2], [1, 2]],
      ['b', [2, 2], ['x', 'y', 'z', Uint8Array.of(0)]],
    ]);
  });

  test('takes base64 objects as strings', () => {
    const text = withSignature([{ name: 's', datatype: 'BYTES', shape: ['batch'] }]);
    expect(inputsOf('{"instances":[{"b64":"AQI="},"a"]}', text)).toEqual([
      ['s', [2], [Uint8Array.of(1, 2), 'a']],
    ]);
    expect(inputsOf('{"instances":[{"s":{"b64":"AQI="}}]}', text)).toEqual([
      ['s', [1], [Uint8Array.of(1, 2)]],
    ]);
  });

  test('answers with one entry per row', () => {
    const { encode } = predict('{"instances":[1,2]}');
    const reply = (...outputs: Tensor[]) =>
      replyText(encode({ model: 'half', version: '1', outputs })).trim();
    expect(reply(y([2], [2.5, 3]))).toBe(document('predictions', '[2.5, 3.0]'));
    expect(reply(y([2, 1], [2.5, 3]))).toBe(document('predictions', '[[2.5], [3.0]]'));
    expect(reply(y([2], [1, 2]), y([2, 2], [0.2, 9e6, Number.NaN, Number.POSITIVE_INFINITY], 'z'))).toBe(
      `{
    "predictions": [{
            "y": 1.0,
            "z": [0.2, 9e+06]
        }, {
            "y": 2.0,
            "z": [NaN, Infinity]
        }]
}`,
    );
    expect(reply({ name: 's', datatype: 'BYTES', shape: [2], data: ['a', 'é'] })).toBe(
      document('predictions', '["a", "é"]'),
    );
    expect(reply({ name: 's_bytes', datatype: 'BYTES', shape: [2], data: ['a', Uint8Array.of(255)] })).toBe(
      document('predictions', '[{"b64": "YQ=="}, {"b64": "/w=="}]'),
    );
    expect(reply({ name: 'n', datatype: 'INT64', shape: [1], data: BigInt64Array.of(2n ** 62n) })).toBe(
      document('predictions', '[4611686018427387904]'),
    );
  });

  test.each([
    [[y([], [1])], 'Tensor name: y has no shape information '],
    [[y([2], [1, 2]), y([1], [1], 'z')], 'Tensor name: z has inconsistent batch size: 1 expecting: 2'],
  ])('refuses outputs that make no rows', (outputs, message) => {
    const { encode } = predict('{"instances":[1,2]}');
    expect(() => encode({ model: 'half', version: '1', outputs })).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message, http: 400 }),
    );
  });
});

describe('predict, columnar format', () => {
  test('takes the tensor itself, or tensors by name', () => {
    expect(inputsOf('{"inputs":3}')).toEqual([['x', [], [3]]]);
    expect(inputsOf('{"inputs":[1,2]}')).toEqual([['x', [2], [1, 2]]]);
    expect(inputsOf('{"inputs":{"x":[1,2],"extra":{"ignored":[]}}}')).toEqual([['x', [2], [1, 2]]]);
    expect(inputsOf('{"inputs":{"b":[["p","q"]],"a":[1,2,3]}}', both)).toEqual([
      ['a', [3], [1, 2, 3]],
      ['b', [1, 2], ['p', 'q']],
    ]);
    expect(inputsOf('{"inputs":[1]} whatever follows')).toEqual([['x', [1], [1]]]);
    expect(inputsOf('{"inputs":[NaN,-Infinity,1E2]}')).toEqual([
      ['x', [3], [Number.NaN, Number.NEGATIVE_INFINITY, 100]],
    ]);
  });

  test('answers with whole tensors', () => {
    const { encode } = predict('{"inputs":[1,2]}');
    const reply = (...outputs: Tensor[]) =>
      replyText(encode({ model: 'half', version: '1', outputs })).trim();
    expect(reply(y([], [1.5]))).toBe(document('outputs', '1.5'));
    expect(reply(y([2], [1.5, 2]), y([1], [0], 'z'))).toBe(`{
    "outputs": {
        "y": [1.5, 2.0],
        "z": [0.0]
    }
}`);
  });
});

describe('a version in the URL', () => {
  const models = ['10', '9', '3.2.1', '3.1.0'].map((version) => modelFacts({ version }));
  const versionOf = (path: string) =>
    send('POST', path, '{"instances":[[1,2,3,4]]}', models).decoded?.request.version;

  test('is an integer, the major number of a semantic version, or its whole text', () => {
    expect(versionOf('/v1/models/iris:predict')).toBeUndefined();
    expect(versionOf('/v1/models/iris/versions/9:predict')).toBe('9');
    expect(versionOf('/v1/models/iris/versions/009:predict')).toBe('9');
    expect(versionOf('/v1/models/iris/versions/3:predict')).toBe('3.2.1');
    expect(versionOf('/v1/models/iris/versions/3.1.0:predict')).toBe('3.1.0');
  });

  test.each([
    ['/v1/models/iris/versions/5:predict', 404, 'Servable not found for request: Specific(iris, 5)'],
    ['/v1/models/iris/versions/x:predict', 404, 'Servable not found for request: Specific(iris, x)'],
    ['/v1/models/none:predict', 404, 'Servable not found for request: Latest(none)'],
    ['/v1/models/a%20b:predict', 404, 'Servable not found for request: Latest(a b)'],
    ['/v1/models/iris/labels/canary:predict', 400, 'Unrecognized servable version label: canary'],
    [
      `/v1/models/iris/versions/9223372036854775808:predict`,
      400,
      'Failed to convert version: 9223372036854775808 to numeric.',
    ],
    [
      `/v1/models/iris/versions/${'9'.repeat(60)}:predict`,
      400,
      `Failed to convert version: ${'9'.repeat(60)} to numeric.`,
    ],
  ])('%s is refused with %d', (path, status, text) => {
    expect(refused('POST', path, '{"instances":[1]}', models)).toEqual([status, text]);
  });
});
