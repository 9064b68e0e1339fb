import { describe, expect, test } from 'vitest';
import { failure, MdeployError } from '../../../src/core/errors/error.ts';
import type { Tensor, TensorSpec } from '../../../src/core/tensor.ts';
import type { ModelFacts } from '../../../src/serve/protocol.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { catalogueOf, modelFacts, rawCall, replyText, withSignature } from '../catalogue.ts';

const iris = modelFacts();
const half = withSignature([{ name: 'x', datatype: 'FP32', shape: ['batch'] }]);
const credit = withSignature([
  { name: 'age', datatype: 'INT64', shape: ['batch', 1] },
  { name: 'job', datatype: 'BYTES', shape: ['batch', 1] },
]);
const image = withSignature(
  [{ name: 'image', datatype: 'BYTES', shape: ['batch'] }],
  [{ name: 'label', datatype: 'BYTES', shape: ['batch', 3] }],
);

function decode(body: string | Uint8Array, model: ModelFacts = iris, headers: Record<string, string> = {}) {
  const route = plain.routes.find(({ path }) => path === '/predict');
  if (route?.kind !== 'infer') throw new Error('no route');
  return route.decode(rawCall('/predict', body, { headers }), catalogueOf(model));
}

function inputsOf(body: string | Uint8Array, model?: ModelFacts, headers?: Record<string, string>) {
  return decode(body, model, headers).request.inputs.map(({ name, shape, data }) => [name, shape, [...data]]);
}

function answer(body: string | Uint8Array, outputs: readonly Tensor[], model?: ModelFacts): unknown {
  const reply = decode(body, model).encode({ model: 'iris', version: '1', outputs });
  expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
  return JSON.parse(replyText(reply));
}

function refused(
  body: string | Uint8Array,
  model?: ModelFacts,
  headers?: Record<string, string>,
): Record<string, unknown> {
  try {
    decode(body, model, headers);
  } catch (error) {
    if (!(error instanceof MdeployError)) throw error;
    const reply = plain.encodeError(error, rawCall('/predict', body));
    return {
      status: reply.status,
      ...(JSON.parse(replyText(reply)) as { error: Record<string, string> }).error,
    };
  }
  throw new Error('the body was taken');
}

const probabilities = (rows: number): Tensor => ({
  name: 'probabilities',
  datatype: 'FP32',
  shape: [rows, 3],
  data: Float32Array.from({ length: rows * 3 }, (_, index) => index / 10),
});
const oneRow = [['X', [1, 4], [1, 2, 3, 4]]];
const twoRows = [['X', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]]];

describe('one row', () => {
  test.each([
    '{"features":[1,2,3,4]}',
    '{"data":[1,2,3,4]}',
    '{"inputs":[1,2,3,4]}',
    '{"instances":[1,2,3,4]}',
    '{"X":[1,2,3,4]}',
    '{"inputs":{"X":[1,2,3,4]}}',
    '{"features":{"X":[1,2,3,4]}}',
    '[1,2,3,4]',
    ' [ 1 , 2.0e0 , 3 , 4 ] \n',
  ])('%s', (body) => {
    expect(inputsOf(body)).toEqual(oneRow);
    expect(answer(body, [probabilities(1)])).toEqual({ predictions: [0, 0.1, 0.2] });
  });

  test('of a model with one value per row is a bare value', () => {
    for (const body of ['3', '{"features":3}', '{"x":3}'])
      expect(inputsOf(body, half)).toEqual([['x', [1], [3]]]);
    const single = withSignature([{ name: 'x', datatype: 'FP32', shape: ['batch', 1] }]);
    for (const body of ['3', '[3]', '{"x":3}']) expect(inputsOf(body, single)).toEqual([['x', [1, 1], [3]]]);
  });

  test('of a model whose batch is fixed to one works the same', () => {
    const fixed = withSignature(
      [{ name: 'X', datatype: 'FP32', shape: [1, 4] }],
      [{ name: 'probabilities', datatype: 'FP32', shape: [1, 3] }],
    );
    expect(inputsOf('[1,2,3,4]', fixed)).toEqual(oneRow);
    expect(answer('[1,2,3,4]', [probabilities(1)], fixed)).toEqual({ predictions: [0, 0.1, 0.2] });
  });
});

describe('many rows', () => {
  test.each([
    '{"features":[[1,2,3,4],[5,6,7,8]]}',
    '{"instances":[{"X":[1,2,3,4]},{"X":[5,6,7,8]}]}',
    '[{"X":[1,2,3,4]},{"X":[5,6,7,8]}]',
    '{"X":[[1,2,3,4],[5,6,7,8]]}',
    '[[1,2,3,4],[5,6,7,8]]',
  ])('%s', (body) => {
    expect(inputsOf(body)).toEqual(twoRows);
    expect(answer(body, [probabilities(2)])).toEqual({
      predictions: [
        [0, 0.1, 0.2],
        [0.3, 0.4, 0.5],
      ],
    });
  });

  test('that are one stay a list', () => {
    expect(answer('[[1,2,3,4]]', [probabilities(1)])).toEqual({ predictions: [[0, 0.1, 0.2]] });
  });
});

describe('a model of named columns', () => {
  test('takes one record, many records, and columns', () => {
    expect(inputsOf('{"age":39,"job":"clerk"}', credit)).toEqual([
      ['age', [1, 1], [39n]],
      ['job', [1, 1], ['clerk']],
    ]);
    const two = [
      ['age', [2, 1], [39n, 50n]],
      ['job', [2, 1], ['clerk', 'smith']],
    ];
    expect(inputsOf('[{"age":39,"job":"clerk"},{"job":"smith","age":50}]', credit)).toEqual(two);
    expect(inputsOf('{"inputs":{"job":["clerk","smith"],"age":[39,50]}}', credit)).toEqual(two);
    expect(inputsOf('{"age":[[39],[50]],"job":[["clerk"],["smith"]]}', credit)).toEqual(two);
    expect(inputsOf('{"age":[39],"job":["clerk"]}', credit)).toEqual([
      ['age', [1, 1], [39n]],
      ['job', [1, 1], ['clerk']],
    ]);
  });

  test.each([
    ['{"age":39}', 'INPUT_MISSING', 'job'],
    ['[{"age":39,"job":"a"},{"age":3}]', 'INPUT_MISSING', '[1].job'],
    ['[{"age":39,"job":"a","x":1}]', 'INPUT_UNKNOWN', '[0].x'],
    ['[{"age":39,"job":"a"},3]', 'REQUEST_INVALID', '[1]'],
    ['[{"age":39,"age":40,"job":"a"}]', 'INPUT_DUPLICATE', 'age[0]'],
    ['{"age":39,"age":40,"job":"a"}', 'INPUT_DUPLICATE', 'age'],
    ['{"age":39,"job":["a","b"]}', 'REQUEST_INVALID', 'age'],
    ['[{"age":"x","job":"a"}]', 'INPUT_VALUE', 'age[0]'],
  ])('%s is %s at %s', (body, code, field) => {
    expect(refused(body, credit)).toMatchObject({ status: 400, code, field });
  });

  test('does not guess which input a bare list is', () => {
    expect(refused('[1,2]', credit)).toMatchObject({
      code: 'REQUEST_INVALID',
      fix: 'Send an object with the keys age, job, or a list of such objects.',
    });
  });
});

describe('names that look like wrappers', () => {
  const named = (name: string): ModelFacts =>
    withSignature([{ name, datatype: 'FP32', shape: ['batch', 2] }]);

  test('an input called data, inputs or instances is found by itself and by a wrapper', () => {
    for (const name of ['data', 'inputs', 'instances', 'features']) {
      for (const body of [
        `{"${name}":[1,2]}`,
        `{"inputs":{"${name}":[1,2]}}`,
        `{"data":[{"${name}":[1,2]}]}`,
      ])
        expect(inputsOf(body, named(name))).toEqual([[name, [1, 2], [1, 2]]]);
    }
  });

  test('__proto__ and constructor are plain names', () => {
    const specs: TensorSpec[] = ['__proto__', 'constructor'].map((name) => ({
      name,
      datatype: 'FP32',
      shape: ['n'],
    }));
    expect(inputsOf('{"__proto__":1,"constructor":2}', withSignature(specs))).toEqual([
      ['__proto__', [1], [1]],
      ['constructor', [1], [2]],
    ]);
    expect(refused('{"__proto__":{"a":1}}')).toMatchObject({ code: 'INPUT_UNKNOWN', field: '__proto__' });
    expect(({} as { a?: number }).a).toBeUndefined();
  });
});

describe('several outputs', () => {
  const outputs: TensorSpec[] = [
    { name: 'label', datatype: 'INT64', shape: ['batch'] },
    { name: 'probabilities', datatype: 'FP32', shape: ['batch', 3] },
  ];
  const model = modelFacts({ signature: { inputs: iris.signature.inputs, outputs } });
  const label = (rows: number): Tensor => ({
    name: 'label',
    datatype: 'INT64',
    shape: [rows],
    data: BigInt64Array.from({ length: rows }, (_, index) => BigInt(index)),
  });

  test('are an object per row', () => {
    expect(answer('[1,2,3,4]', [label(1), probabilities(1)], model)).toEqual({
      predictions: { label: 0, probabilities: [0, 0.1, 0.2] },
    });
    expect(answer('[[1,2,3,4],[5,6,7,8]]', [label(2), probabilities(2)], model)).toEqual({
      predictions: [
        { label: 0, probabilities: [0, 0.1, 0.2] },
        { label: 1, probabilities: [0.3, 0.4, 0.5] },
      ],
    });
  });

  test('that are not one per row stay whole, by name, whatever their length', () => {
    const whole = modelFacts({
      signature: {
        ...model.signature,
        outputs: [{ name: 'label', datatype: 'INT64', shape: [2] }, outputs[1]!],
      },
    });
    expect(answer('[[1,2,3,4],[5,6,7,8]]', [label(2), probabilities(2)], whole)).toEqual({
      predictions: {
        label: [0, 1],
        probabilities: [
          [0, 0.1, 0.2],
          [0.3, 0.4, 0.5],
        ],
      },
    });
  });
});

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
