import { describe, expect, test } from 'vitest';
import type { TensorSpec } from '../../../src/core/tensor.ts';
import { modelFacts } from '../catalogue.ts';
import { get, half, refused, send } from './tfs-call.ts';

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

  // ovmsclient says so when it means the newest.
  test('version 0 is all of them, and the newest elsewhere, unless there is one', () => {
    expect(JSON.parse(get('/v1/models/iris/versions/0', models)).model_version_status).toHaveLength(2);
    expect(JSON.parse(get('/v1/models/iris/versions/0/metadata', models))).toMatchObject({
      model_spec: { version: '10' },
    });
    const { decoded } = send('POST', '/v1/models/iris/versions/0:predict', '{"instances":[1]}', [half]);
    expect(decoded?.request).toMatchObject({ model: 'iris', version: '1' });
    const zero = [modelFacts({ version: '1' }), modelFacts({ version: '0' })];
    expect(JSON.parse(get('/v1/models/iris/versions/0', zero))).toMatchObject({
      model_version_status: [{ version: '0' }],
    });
    expect(refused('GET', '/v1/models/none/versions/0', '', models)).toEqual([
      404,
      'Could not find any versions of model none',
    ]);
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

describe('status of versions that come and go', () => {
  const models = [
    modelFacts({ version: '1', state: 'END', reason: 'unloaded' }),
    modelFacts({ version: '9' }),
    modelFacts({ version: '10', state: 'END', reason: 'MODEL_CORRUPT' }),
    modelFacts({ version: '11', state: 'LOADING' }),
    modelFacts({ version: '9.1.0', state: 'LOADING' }),
  ];

  test('shows them all, newest first, with the fault of one that could not be loaded', () => {
    const { model_version_status: rows } = JSON.parse(get('/v1/models/iris', models));
    const ok = { error_code: 'OK', error_message: '' };
    expect(rows).toEqual([
      { version: '11', state: 'LOADING', status: ok },
      {
        version: '10',
        state: 'END',
        status: { error_code: 'FAILED_PRECONDITION', error_message: 'MODEL_CORRUPT' },
      },
      { version: '9', state: 'AVAILABLE', status: ok },
      { version: '1', state: 'END', status: ok },
    ]);
  });
});
