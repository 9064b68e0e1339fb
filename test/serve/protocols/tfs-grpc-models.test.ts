import { describe, expect, test } from 'vitest';
import { tfsGrpc } from '../../../src/serve/protocols/tfs-grpc.ts';
import { catalogueOf, modelFacts } from '../catalogue.ts';
import { grpcSender, type Json } from '../grpc-send.ts';
import { decodeWith } from '../protobuf/oracle.ts';

const send = grpcSender(tfsGrpc);
const catalogue = catalogueOf(
  modelFacts({ version: '3.1.0' }),
  modelFacts({ version: '2', state: 'LOADING' }),
  modelFacts({
    name: 'odd',
    version: '7',
    signature: {
      inputs: [
        { name: 'a', datatype: 'BYTES', shape: null },
        { name: 'b', datatype: 'INT64', shape: [] },
      ],
      outputs: [{ name: 'c', datatype: 'FP16', shape: ['', 2] }],
    },
  }),
);
const ask = (path: string, request: object) => send(`tensorflow.serving.${path}`, request, { catalogue });
const metadata = (modelSpec: object | undefined, metadataField = ['signature_def']) =>
  ask('PredictionService/GetModelMetadata', { ...(modelSpec && { modelSpec }), metadataField });
const status = (modelSpec?: object) =>
  ask('ModelService/GetModelStatus', { ...(modelSpec && { modelSpec }) });

describe('GetModelMetadata', () => {
  test('has the signature as Any, under the number of the version', () => {
    const { reply } = metadata({ name: 'iris' });
    expect(reply?.modelSpec).toEqual({ name: 'iris', version: { value: '3' } });
    const any = anyOf(reply);
    expect(any.typeUrl).toBe('type.googleapis.com/tensorflow.serving.SignatureDefMap');
    expect(decodeWith('tensorflow.serving.SignatureDefMap', any.value)).toEqual({
      signatureDef: {
        serving_default: {
          methodName: 'tensorflow/serving/predict',
          inputs: {
            X: {
              name: 'X:0',
              dtype: 1,
              tensorShape: { dim: [{ size: '-1', name: 'batch' }, { size: '4' }] },
            },
          },
          outputs: {
            probabilities: {
              name: 'probabilities:0',
              dtype: 1,
              tensorShape: { dim: [{ size: '-1', name: 'batch' }, { size: '3' }] },
            },
          },
        },
      },
    });
  });

  test('tells an unknown rank from no axes', () => {
    const any = anyOf(metadata({ name: 'odd' }).reply);
    expect(decodeWith('tensorflow.serving.SignatureDefMap', any.value)).toMatchObject({
      signatureDef: {
        serving_default: {
          inputs: {
            a: { dtype: 7, tensorShape: { unknownRank: true } },
            b: { dtype: 9, tensorShape: {} },
          },
          outputs: { c: { dtype: 19, tensorShape: { dim: [{ size: '-1' }, { size: '2' }] } } },
        },
      },
    });
  });

  test.each([
    ['no spec', undefined, ['signature_def'], 'REQUEST_INVALID', 'Missing ModelSpec'],
    ['no name', {}, ['signature_def'], 'REQUEST_INVALID', 'ModelSpec has no name specified.'],
    [
      'no field',
      { name: 'iris' },
      [],
      'REQUEST_INVALID',
      'GetModelMetadataRequest must specify at least one metadata_field',
    ],
    [
      'another field',
      { name: 'iris' },
      ['signature_def', 'graph'],
      'REQUEST_INVALID',
      'Metadata field graph is not supported',
    ],
    [
      'another model',
      { name: 'nope' },
      ['signature_def'],
      'MODEL_NOT_FOUND',
      'Servable not found for request: Latest(nope)',
    ],
    [
      'another version',
      { name: 'iris', version: { value: 9 } },
      ['signature_def'],
      'VERSION_NOT_FOUND',
      'Servable not found for request: Specific(iris, 9)',
    ],
    [
      'another label',
      { name: 'iris', versionLabel: 'canary' },
      ['signature_def'],
      'LABEL_NOT_FOUND',
      'Unrecognized servable version label: canary',
    ],
  ])('%s is refused in the words of TF Serving', (_, spec, fields, code, words) => {
    const { error, text } = metadata(spec, fields);
    expect(error?.code).toBe(code);
    expect(text).toBe(words);
  });
});

describe('GetModelStatus', () => {
  test('of all versions, newest first, with their states', () => {
    expect(status({ name: 'iris' }).reply).toEqual({
      modelVersionStatus: [
        { version: '3', state: 30, status: {} },
        { version: '2', state: 20, status: {} },
      ],
    });
  });

  test('of one version', () => {
    expect(status({ name: 'iris', version: { value: 2 } }).reply).toMatchObject({
      modelVersionStatus: [{ version: '2', state: 20 }],
    });
  });

  // ovmsclient says so when it means the newest.
  test('version 0 is all of them, unless there is one', () => {
    expect(status({ name: 'iris', version: {} }).reply?.modelVersionStatus).toHaveLength(2);
    const zero = catalogueOf(modelFacts({ version: '1' }), modelFacts({ version: '0' }));
    const request = { modelSpec: { name: 'iris', version: { value: 0 } } };
    const { reply } = send('tensorflow.serving.ModelService/GetModelStatus', request, { catalogue: zero });
    expect(reply?.modelVersionStatus).toMatchObject([{ state: 30 }]);
  });

  test.each([
    ['no spec', undefined, 'Missing ModelSpec'],
    ['another model', { name: 'nope' }, 'Could not find any versions of model nope'],
    ['another version', { name: 'iris', version: { value: 9 } }, 'Could not find version 9 of model iris'],
    ['another label', { name: 'iris', versionLabel: 'l' }, 'Unrecognized servable version label: l'],
  ])('%s is refused in the words of TF Serving', (_, spec, words) => {
    expect(status(spec).text).toBe(words);
  });
});

test('reloading the configuration is refused, and says what to do', () => {
  const { error, text } = ask('ModelService/HandleReloadConfigRequest', { config: {} });
  expect(error).toMatchObject({ code: 'FEATURE_UNSUPPORTED', grpc: 'UNIMPLEMENTED' });
  expect(text).toContain('Reloading the configuration');
});

function anyOf(reply: Json | undefined) {
  const metadata = reply?.metadata as Record<string, { typeUrl: string; value: Buffer }> | undefined;
  if (!metadata?.signature_def) throw new Error('the reply has no signature_def');
  return metadata.signature_def;
}
