import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/errors/error.ts';
import type { InferResponse } from '../../../src/core/inference.ts';
import { openapiDocument } from '../../../src/serve/openapi.ts';
import type { ModelFacts } from '../../../src/serve/protocol.ts';
import { mlflow } from '../../../src/serve/protocols/mlflow.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { protocolConformance } from '../../conformance/protocols.ts';
import { catalogueOf, modelFacts, rawCall, replyText, serverFacts, withSignature } from '../catalogue.ts';
import { type Asked, sender, shown } from '../send.ts';
import { byName, frameBody } from './by-name.ts';

const json = (text: string) => JSON.parse(text) as { predictions: never; message: string };
const errorText = (reply: Parameters<typeof replyText>[0]) => json(replyText(reply)).message;

protocolConformance({
  protocol: mlflow,
  call: () => ({ route: '/invocations', params: {} }),
  body: (tensors) => `{"inputs":${byName(tensors)}}`,
  outputs: (reply, names) => {
    const predictions = json(replyText(reply)).predictions as Record<string, unknown>;
    return new Map(names.map((name) => [name, predictions[name]]));
  },
  errorText,
});

protocolConformance({
  protocol: { ...mlflow, name: 'mlflow data frames' },
  call: () => ({ route: '/invocations', params: {} }),
  body: (tensors) => `{"dataframe_split":${frameBody(tensors)}}`,
  outputs: (reply, names) => {
    const records = json(replyText(reply)).predictions as Record<string, unknown>[];
    return new Map(
      names.map((name) => [name, records.map((row) => (Array.isArray(row[name]) ? row[name] : [row[name]]))]),
    );
  },
  errorText,
});

const send = sender([plain, mlflow]);
const invoke = (body: string, asked: Asked = {}) => send('POST', '/invocations', { ...asked, body });
const catalogue = (model: ModelFacts) => ({ catalogue: catalogueOf(model) });

const iris = modelFacts({ columns: new Map([['X', ['sl', 'sw', 'pl', 'pw']]]) });
const credit = withSignature([
  { name: 'age', datatype: 'INT64', shape: ['batch', 1] },
  { name: 'income', datatype: 'FP32', shape: ['batch', 1] },
  { name: 'job', datatype: 'BYTES', shape: ['batch', 1] },
]);

async function inputsOf(body: string, asked: Asked = {}) {
  const { decoded, error } = await invoke(body, asked);
  if (!decoded) throw error;
  return decoded.request.inputs.map(({ name, shape, data }) => [name, shape, [...data]]);
}

const four = [['X', [1, 4], [1, 2, 3, 4]]];

describe('the four input fields', () => {
  test.each([
    '{"inputs":[[1,2,3,4]]}',
    '{"inputs":{"X":[[1,2,3,4]]}}',
    '{"instances":[[1,2,3,4]]}',
    '{"instances":[{"X":[1,2,3,4]}]}',
    '{"dataframe_split":{"columns":["a","b","c","d"],"index":[0],"data":[[1,2,3,4]]}}',
    '{"dataframe_split":{"data":[[1,2,3,4]],"columns":[0,1,2,3]}}',
    '{"dataframe_split":{"data":[[1,2,3,4]]}}',
    '{"dataframe_split":{"columns":["X"],"data":[[[1,2,3,4]]]}}',
    '{"dataframe_records":[{"d":1,"c":2,"b":3,"a":4}]}',
    '{"signature_name":"x","params":{"t":[1]},"inputs":[[1,2,3,4]]}',
    '{"params":null,"inputs":[[1,2,3,4]]}',
  ])('%s', async (body) => {
    expect(await inputsOf(body)).toEqual(four);
  });

  test('columns of several inputs are found by name; others are passed over', async () => {
    const expected = [
      ['age', [2, 1], [39n, 9007199254740993n]],
      ['income', [2, 1], [1.5, Number.NaN]],
      ['job', [2, 1], ['clerk', 'none']],
    ];
    const asked = catalogue(credit);
    const split =
      '{"dataframe_split":{"columns":["id","job","income","age"],"data":[["x","clerk",1.5,39],["y","none",null,9007199254740993]]}}';
    expect(await inputsOf(split, asked)).toEqual(expected);
    const records =
      '{"dataframe_records":[{"job":"clerk","income":1.5,"age":39,"id":[]},{"age":9007199254740993,"job":"none"}]}';
    expect(await inputsOf(records, asked)).toEqual(expected);
    expect(await inputsOf(records.replace('dataframe_records', 'instances'), asked)).toEqual(expected);
    const columns = '{"inputs":{"income":[1.5,NaN],"age":[39,9007199254740993],"job":["clerk","none"]}}';
    expect(await inputsOf(columns, asked)).toEqual(expected);
    const csv = { ...asked, headers: { 'content-type': 'text/csv' } };
    expect(await inputsOf('job,id,income,age\r\n"clerk",x,1.5,39\nnone,y,,9007199254740993\n', csv)).toEqual(
      expected,
    );
  });

  test('features that the manifest names are found by name, in any order', async () => {
    const asked = catalogue(iris);
    for (const body of [
      '{"dataframe_split":{"columns":["pw","id","sl","pl","sw"],"data":[[4,"x",1,3,2]]}}',
      '{"dataframe_records":[{"pw":4,"pl":3,"sw":2,"sl":1,"id":"x"}]}',
      '{"dataframe_split":{"data":[[1,2,3,4]]}}',
      '{"inputs":[[1,2,3,4]]}',
    ])
      expect(await inputsOf(body, asked)).toEqual(four);
    const { error, reply } = await invoke('{"dataframe_records":[{"sl":1,"sw":2,"pl":3}]}', asked);
    expect(error?.code).toBe('COLUMN_MISSING');
    expect(json(replyText(reply!))).toEqual({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Column "pw" is missing. Send every column of the model: sl, sw, pl, pw.',
    });
  });

  test.each([
    ['{}', 'exactly one of the input fields'],
    ['[[1,2,3,4]]', 'exactly one of the input fields'],
    [
      '{"inputs":[[1,2,3,4]],"instances":[]}',
      "Received dictionary with input fields: ['inputs', 'instances']",
    ],
    ['{"inputs":[[1,2,3,4]],"params":3}', '"params" is 3, which is not an object.'],
    ['{"instances":{"X":[[1,2,3,4]]}}', 'which is not a list.'],
    ['{"dataframe_split":[[1,2,3,4]]}', 'which is not an object with "data".'],
    ['{"dataframe_split":{"columns":["a"]}}', '"dataframe_split" has no "data".'],
    [
      '{"dataframe_split":{"columns":[{}],"data":[]}}',
      '"dataframe_split.columns[0]" is {}, which is not a name.',
    ],
    ['{"dataframe_split":{"columns":3,"data":[]}}', 'which is not a list of names.'],
    ['{"dataframe_split":{"columns":["a","a"],"data":[]}}', 'Input "a" is given twice.'],
    [
      '{"dataframe_split":{"columns":["a","b"],"data":[[1,2],[1]]}}',
      'is a list of length 1 where its neighbours have 2',
    ],
    [
      '{"dataframe_split":{"columns":["a","b"],"data":[[1,2,3]]}}',
      'is a list of length 3 where its neighbours have 2',
    ],
    ['{"dataframe_split":{"data":3}}', '"dataframe_split.data" is 3, which is not a list of rows.'],
    ['{"dataframe_split":{"data":[3]}}', '"dataframe_split.data[0]" is 3, which is not a list of values.'],
    [
      '{"dataframe_split":{"data":[[[1],[2]]]}}',
      'holds lists, where one of several features is one value per row',
    ],
    ['{"dataframe_records":{"a":1}}', 'which is not a list of objects.'],
    ['{"dataframe_records":[{"a":1},2]}', '"dataframe_records[1]" is 2, which is not an object.'],
    ['{"dataframe_records":[{"a":1,"a":2}]}', 'Input "a" is given twice.'],
    ['{"dataframe_records":[{"a":"one"}]}', 'has the value "one"'],
  ])('%s is refused', async (body, message) => {
    const { status, document } = shown(await invoke(body));
    expect(status).toBe(400);
    expect((document as { message: string }).message).toContain(message);
  });

  test('an empty cell is refused where the datatype has none', async () => {
    for (const body of [
      '{"dataframe_records":[{"age":1,"income":1,"job":"a"},{"age":2,"income":2}]}',
      '{"dataframe_records":[{"age":null,"income":1,"job":"a"}]}',
    ])
      expect(shown(await invoke(body, catalogue(credit))).status).toBe(400);
  });
});

describe('replies', () => {
  const response: InferResponse = {
    model: 'iris',
    version: '1',
    outputs: [
      { name: 'label', datatype: 'INT64', shape: [2, 1], data: BigInt64Array.of(1n, 2n ** 60n) },
      { name: 'p', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(0.2, Number.NaN, 1, Infinity) },
    ],
  };
  const model = withSignature(iris.signature.inputs, [
    { name: 'label', datatype: 'INT64', shape: ['batch', 1] },
    { name: 'p', datatype: 'FP32', shape: ['batch', 2] },
  ]);
  const reply = async (body: string, of: InferResponse = response) =>
    replyText((await invoke(body, catalogue(model))).decoded!.encode(of));

  test('tensors in, tensors by name out', async () => {
    expect(await reply('{"inputs":[[1,2,3,4]]}')).toBe(
      '{"predictions":{"label":[[1],[1152921504606846976]],"p":[[0.2,NaN],[1,Infinity]]}}',
    );
  });

  test('a data frame in, records out', async () => {
    expect(await reply('{"dataframe_records":[{"a":1,"b":2,"c":3,"d":4}]}')).toBe(
      '{"predictions":[{"label":1,"p":[0.2,NaN]},{"label":1152921504606846976,"p":[1,Infinity]}]}',
    );
  });

  test('an output that is not one per row is answered whole', async () => {
    const outputs = [{ name: 'sum', datatype: 'FP32', shape: [], data: Float32Array.of(3) }] as const;
    expect(await reply('{"dataframe_split":{"data":[[1,2,3,4]]}}', { ...response, outputs })).toBe(
      '{"predictions":{"sum":3}}',
    );
  });
});

describe('around it', () => {
  test('ping and health answer a line end when ready, version a text', async () => {
    for (const path of ['/ping', '/health']) {
      expect((await send('GET', path)).reply).toMatchObject({ status: 200, body: '\n' });
      expect((await send('GET', path, { server: serverFacts('starting') })).reply?.status).toBe(503);
    }
    expect((await send('GET', '/version')).reply?.body).toMatch(/^\d+\.\d+\.\d+/);
  });

  test.each([
    ['application/json', 200],
    ['application/json; charset=utf-8', 200],
    ['application/json; charset="UTF8"', 200],
    ['application/json; charset=latin1', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/vnd.apache.parquet', 415],
  ])('%s: %i', async (type, status) => {
    const { decoded, error } = await invoke('{"inputs":[[1,2,3,4]]}', { headers: { 'content-type': type } });
    if (status === 200) expect(decoded).toBeDefined();
    else expect(error).toMatchObject({ code: 'CONTENT_TYPE_UNSUPPORTED', http: status });
  });

  test.each([
    [failure('MODEL_NOT_FOUND', { name: 'x', models: 'y' }), 404, 'RESOURCE_DOES_NOT_EXIST'],
    [failure('ROUTE_NOT_FOUND', { method: 'GET', path: '/x' }), 404, 'ENDPOINT_NOT_FOUND'],
    [failure('QUEUE_FULL', { name: 'x', limit: 1 }), 503, 'TEMPORARILY_UNAVAILABLE'],
    [failure('DEADLINE_EXCEEDED', { limit: 1 }), 504, 'DEADLINE_EXCEEDED'],
    [failure('BODY_TOO_LARGE', { limit: 1 }), 413, 'REQUEST_LIMIT_EXCEEDED'],
    [failure('ENGINE_FAULT', { name: 'x', reason: 'y' }), 500, 'INTERNAL_ERROR'],
    [failure('MODEL_AMBIGUOUS', { count: 2, models: 'y' }), 400, 'BAD_REQUEST'],
  ] as const)('%s', (error, status, code) => {
    const reply = mlflow.encodeError(error, rawCall('/invocations', ''));
    expect(reply.status).toBe(status);
    expect(JSON.parse(replyText(reply))).toMatchObject({ error_code: code, message: expect.any(String) });
  });

  test('OpenAPI has the form of requests, replies and errors', () => {
    const { paths } = openapiDocument([mlflow], [iris]) as {
      paths: Record<string, { post: { requestBody: object; responses: Record<string, object> } }>;
    };
    const { post } = paths['/invocations']!;
    expect(post.requestBody).toMatchObject({
      content: { 'application/json': { example: { inputs: { X: [[0.5, 0.5, 0.5, 0.5]] } } } },
    });
    expect(post.responses['400']).toMatchObject({
      content: { 'application/json': { schema: { required: ['error_code', 'message'] } } },
    });
  });
});
