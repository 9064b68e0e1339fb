import { describe, expect, test } from 'vitest';
import { failure, MdeployError } from '../../../src/core/errors/error.ts';
import type { Tensor, TensorSpec } from '../../../src/core/tensor.ts';
import { Router } from '../../../src/serve/doors/router.ts';
import type { ModelFacts, RawReply } from '../../../src/serve/protocol.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { catalogueOf, modelFacts, rawCall, replyText, serverFacts, withSignature } from '../catalogue.ts';

const router = new Router([plain, tfs], plain);
const half = withSignature([{ name: 'x', datatype: 'FP32', shape: ['batch'] }]);
const both = withSignature([
  { name: 'a', datatype: 'INT32', shape: ['batch'] },
  { name: 'b', datatype: 'BYTES', shape: ['batch', 2] },
]);

/** A call as the door makes it, up to the tensors or the reply. */
function send(method: string, path: string, body = '', models: readonly ModelFacts[] = [half], headers = {}) {
  const match = router.match(method, path);
  const call = rawCall(path, body, { method, headers, ...('params' in match && { params: match.params }) });
  try {
    if ('error' in match) throw match.error;
    const catalogue = catalogueOf(...models);
    if (match.route.kind === 'infer') return { decoded: match.route.decode(call, catalogue) };
    return { reply: match.route.answer(call, catalogue, serverFacts()) as RawReply };
  } catch (error) {
    if (!(error instanceof MdeployError)) throw error;
    return { reply: match.protocol.encodeError(error, call) };
  }
}

function predict(body: string, model = half) {
  const { decoded, reply } = send('POST', `/v1/models/${model.name}:predict`, body, [model]);
  if (!decoded) throw new Error(replyText(reply!));
  return decoded;
}

function inputsOf(body: string, model = half) {
  return predict(body, model).request.inputs.map(({ name, shape, data }) => [name, shape, [...data]]);
}

function refused(method: string, path: string, body?: string, models?: readonly ModelFacts[]) {
  const { reply } = send(method, path, body, models);
  if (!reply) throw new Error('the request was taken');
  expect(reply.headers['content-type']).toBe('application/json');
  return [reply.status, (JSON.parse(replyText(reply)) as { error: string }).error] as const;
}

function get(path: string, models: readonly ModelFacts[]): string {
  const { reply } = send('GET', path, '', models);
  expect(reply?.status).toBe(200);
  return replyText(reply!);
}

const y = (shape: readonly number[], values: readonly number[], name = 'y'): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});

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
    expect(reply(y([2], [2.5, 3]))).toBe('{"predictions":[2.5,3.0]}');
    expect(reply(y([2, 1], [2.5, 3]))).toBe('{"predictions":[[2.5],[3.0]]}');
    expect(reply(y([2], [1, 2]), y([2, 2], [0.2, 9e6, Number.NaN, Number.POSITIVE_INFINITY], 'z'))).toBe(
      '{"predictions":[{"y":1.0,"z":[0.2,9e+06]},{"y":2.0,"z":[NaN,Infinity]}]}',
    );
    expect(reply({ name: 's', datatype: 'BYTES', shape: [2], data: ['a', 'é'] })).toBe(
      '{"predictions":["a","é"]}',
    );
    expect(reply({ name: 's_bytes', datatype: 'BYTES', shape: [2], data: ['a', Uint8Array.of(255)] })).toBe(
      '{"predictions":[{"b64":"YQ=="},{"b64":"/w=="}]}',
    );
    expect(reply({ name: 'n', datatype: 'INT64', shape: [1], data: BigInt64Array.of(2n ** 62n) })).toBe(
      '{"predictions":[4611686018427387904]}',
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
    expect(reply(y([], [1.5]))).toBe('{"outputs":1.5}');
    expect(reply(y([2], [1.5, 2]), y([1], [0], 'z'))).toBe('{"outputs":{"y":[1.5,2.0],"z":[0.0]}}');
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

describe('errors read as from TF Serving', () => {
  const element = "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: ";
  const cases: [body: string, text: string, model?: ModelFacts][] = [
    ['', 'JSON Parse error: The document is empty'],
    ['{"instances":[1,2', 'JSON Parse error: Missing a comma or ] after an array element. at offset: 17'],
    ['{"instances" [1]}', 'JSON Parse error: Missing a colon after a name of object member. at offset: 13'],
    ['[1]', 'JSON Value: [1] Is not object'],
    ['{}', "Missing 'inputs' or 'instances' key"],
    [
      '{"inputs":1,"instances":[1]}',
      `JSON Value: {"inputs":1,"instances":[1]} Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist `,
    ],
    ['{"instances":3}', `JSON Value: {"instances":3} Expecting 'instances' to be an list/array`],
    ['{"instances":[]}', `JSON Value: {"instances":[]} No values in 'instances' array`],
    [
      '{"signature_name":1}',
      `JSON Value: {"signature_name":1} not formatted correctly. 'signature_name' key must be a string value.`,
    ],
    ['{"signature_name":"s"}', 'Serving signature name: "s" not found in signature def'],
    ['{"inputs":["a"]}', 'JSON Value: "a" Type: String is not of expected type: float'],
    ['{"inputs":[null]}', 'JSON Value: null Type: Null is not of expected type: float'],
    ['{"inputs":[{"q":1}]}', 'JSON Value: {"q":1} Type: Object is not of expected type: float'],
    ['{"inputs":[1e39]}', 'Cannot convert JSON value: 1e39 to float without loss of precision.'],
    ['{"inputs":[[1,2],[3]]}', 'Encountered list at unexpected size: 1 at level: 1 expected size: 2'],
    ['{"inputs":[1,[2]]}', 'Encountered list at unexpected level: 1 expected < 1'],
    ['{"inputs":[[1],2]}', 'JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2'],
    ['{"inputs":{}}', "Missing named input: x in 'inputs' object."],
    ['{"instances":[1,true]}', `${element}JSON Value: true Type: True is not of expected type: float`],
    ['{"instances":[[1,2],[3]]}', `${element}Expecting tensor size: 2 but got: 1`],
    ['{"instances":[1,{"x":1}]}', 'Expecting value/list but got object at item 1 of input list'],
    ['{"instances":[[1],{"x":1}]}', 'Expecting value/list but got object at item 1 of input list'],
    ['{"instances":[{"x":1},[1]]}', 'Expecting object but got list at item 1 of input list'],
    [
      '{"instances":[{"x":1},{"k":1}]}',
      "Failed to process element: 1 key: k of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: k",
    ],
    [
      '{"instances":[{"x":"s"}]}',
      `Failed to process element: 0 key: x of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: "s" Type: String is not of expected type: float`,
    ],
    [
      '{"instances":[{"a":1}]}',
      `Failed to process element: 0 of 'instances' list. JSON object: {"a":1} keys must be equal to: a,b`,
      both,
    ],
    [
      '{"instances":[1]}',
      'instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map',
      both,
    ],
    [
      '{"inputs":[1]}',
      'inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map',
      both,
    ],
    ['{"inputs":{"a":[1.0],"b":[]}}', 'JSON Value: 1.0 Type: Number is not of expected type: int32', both],
    ['{"inputs":{"a":[1],"b":[{"b64":"*"}]}}', 'Unable to base64 decode', both],
    [
      '{"inputs":{"a":[1],"b":[{"c":"*"}]}}',
      'JSON Value: {"c":"*"} not formatted correctly for base64 data',
      both,
    ],
    ['{"inputs":{"a":[1],"b":[7]}}', 'JSON Value: 7 Type: Number is not of expected type: string', both],
  ];

  test.each(cases)('%s → %s', (body, text, model = half) => {
    expect(refused('POST', '/v1/models/iris:predict', body, [model])).toEqual([400, text]);
  });

  test('duplicate inputs are refused, which TF Serving does not notice', () => {
    for (const body of [
      '{"inputs":1,"inputs":2}',
      '{"inputs":{"x":1,"x":2}}',
      '{"instances":[{"x":1,"x":2}]}',
    ])
      expect(refused('POST', '/v1/models/iris:predict', body)[1]).toContain('is given twice');
  });

  test.each([
    ['POST', '/v1/bogus', 'Malformed request: POST /v1/bogus'],
    ['POST', '/v1/models/iris', 'Malformed request: POST /v1/models/iris'],
    ['GET', '/v1/models/iris:predict', 'Malformed request: GET /v1/models/iris:predict'],
    ['GET', '/v1/models', 'Missing model name in request.'],
  ])('%s %s', (method, path, text) => {
    expect(refused(method, path)).toEqual([400, text]);
  });

  test('classify and regress are not implemented', () => {
    for (const method of ['classify', 'regress']) {
      for (const target of ['', '/versions/1', '/labels/stable']) {
        const [status, text] = refused('POST', `/v1/models/iris${target}:${method}`, '{"examples":[{}]}');
        expect([status, text]).toEqual([501, `The ${method} method is not implemented here.`]);
      }
    }
    expect(failure('METHOD_UNIMPLEMENTED', { method: 'classify' }).grpc).toBe('UNIMPLEMENTED');
  });

  test('the body is an object with one text, indented by four', () => {
    const { reply } = send('POST', '/v1/models/iris:predict', '{}');
    expect(replyText(reply!)).toBe(`{\n    "error": "Missing 'inputs' or 'instances' key"\n}\n`);
  });

  test('what only we say carries the remedy', () => {
    const error = failure('INPUT_SHAPE', { name: 'x', received: '[1,3]', expected: '[batch,4]', hint: '' });
    const reply = tfs.encodeError(error, { id: 'r', method: 'POST', path: '/v1/models/iris:predict' });
    expect(JSON.parse(replyText(reply))).toEqual({
      error: 'Input "x" has shape [1,3], the model expects [batch,4]. Send "x" with shape [batch,4].',
    });
  });
});

describe('status', () => {
  const models = [
    modelFacts({ version: '10' }),
    modelFacts({ version: '3.2.1', state: 'UNLOADING' }),
    modelFacts({ version: '3.1.0', state: 'END' }),
  ];

  test('is printed as TF Serving prints it', () => {
    expect(get('/v1/models/iris', [modelFacts({ version: '123' })])).toBe(`{
 "model_version_status": [
  {
   "version": "123",
   "state": "AVAILABLE",
   "status": {
    "error_code": "OK",
    "error_message": ""
   }
  }
 ]
}
`);
  });

  test('lists one row per number, newest first; a label in the path is passed over', () => {
    for (const path of ['/v1/models/iris', '/v1/models/iris/labels/any']) {
      const rows = (
        JSON.parse(get(path, models)) as { model_version_status: { version: string; state: string }[] }
      ).model_version_status;
      expect(rows.map(({ version, state }) => [version, state])).toEqual([
        ['10', 'AVAILABLE'],
        ['3', 'UNLOADING'],
      ]);
    }
  });

  test.each([
    ['3', '3', 'UNLOADING'],
    ['3.1.0', '3', 'END'],
    ['10', '10', 'AVAILABLE'],
  ])('of version %s alone', (asked, version, state) => {
    expect(JSON.parse(get(`/v1/models/iris/versions/${asked}`, models))).toMatchObject({
      model_version_status: [{ version, state }],
    });
  });

  test('of what is not there', () => {
    expect(refused('GET', '/v1/models/none', '', models)).toEqual([
      404,
      'Could not find any versions of model none',
    ]);
    expect(refused('GET', '/v1/models/iris/versions/4', '', models)).toEqual([
      404,
      'Could not find version 4 of model iris',
    ]);
  });
});

describe('metadata', () => {
  const inputs: TensorSpec[] = [
    { name: '__proto__', datatype: 'FP32', shape: ['batch', 4] },
    { name: 'any', datatype: 'BYTES', shape: null },
    { name: 'scalar', datatype: 'FP16', shape: [] },
  ];
  const model = modelFacts({
    version: '2.0.0',
    signature: { inputs, outputs: [{ name: 'y', datatype: 'INT64', shape: ['', 1] }] },
  });

  test('has the doubled signature_def, sizes as strings, and names as they are', () => {
    const text = get('/v1/models/iris/metadata', [model]);
    const document = JSON.parse(text) as {
      model_spec: object;
      metadata: { signature_def: { signature_def: Record<string, Record<string, unknown>> } };
    };
    expect(document.model_spec).toEqual({ name: 'iris', signature_name: '', version: '2' });
    const signature = document.metadata.signature_def.signature_def.serving_default!;
    expect(Object.entries(signature.inputs as object)).toEqual([
      [
        '__proto__',
        {
          dtype: 'DT_FLOAT',
          tensor_shape: {
            dim: [
              { size: '-1', name: 'batch' },
              { size: '4', name: '' },
            ],
            unknown_rank: false,
          },
          name: '__proto__:0',
        },
      ],
      ['any', { dtype: 'DT_STRING', tensor_shape: { dim: [], unknown_rank: true }, name: 'any:0' }],
      ['scalar', { dtype: 'DT_HALF', tensor_shape: { dim: [], unknown_rank: false }, name: 'scalar:0' }],
    ]);
    expect(signature).toMatchObject({
      outputs: {
        y: {
          dtype: 'DT_INT64',
          tensor_shape: {
            dim: [
              { size: '-1', name: '' },
              { size: '1', name: '' },
            ],
          },
        },
      },
      method_name: 'tensorflow/serving/predict',
      defaults: {},
    });
    expect(Object.keys(document)).toEqual(['model_spec', 'metadata']);
  });

  test('of a version and of nothing', () => {
    expect(JSON.parse(get('/v1/models/iris/versions/2/metadata', [model]))).toMatchObject({
      model_spec: { version: '2' },
    });
    expect(refused('GET', '/v1/models/none/metadata')).toEqual([
      404,
      'Servable not found for request: Latest(none)',
    ]);
    expect(refused('GET', '/v1/models/iris/labels/l/metadata')).toEqual([
      400,
      'Unrecognized servable version label: l',
    ]);
  });
});

test('OPTIONS answers by the origin', () => {
  const ask = (headers: object) => send('OPTIONS', '/v1/models/iris:predict', '', [half], headers).reply;
  expect(ask({ origin: 'https://example.org' })).toMatchObject({ status: 200, body: '' });
  expect(ask({})).toMatchObject({ status: 400, body: '' });
});
