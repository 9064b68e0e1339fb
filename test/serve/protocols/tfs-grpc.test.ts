import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/errors/error.ts';
import { openGrpcWith, predictMethod } from '../doors/opened-grpc.ts';

const x = { dtype: 1, tensorShape: { dim: [{ size: 2 }, { size: 2 }] }, floatVal: [1, 2, 3, 4] };
const request = { modelSpec: { name: 'echo' }, inputs: { x } };

describe('Predict', () => {
  test('answers in the list of the dtype, with the version and the signature', async () => {
    const { client } = await openGrpcWith();
    expect(await client.call(predictMethod, request)).toMatchObject({
      outputs: {
        y: { dtype: 1, tensorShape: { dim: [{ size: '2' }, { size: '2' }] }, floatVal: [1, 2, 3, 4] },
      },
      modelSpec: { name: 'echo', version: { value: '1' }, signatureName: 'serving_default' },
    });
  });

  test.each([
    ['no model', { inputs: { x } }, status.INVALID_ARGUMENT, 'ModelSpec has no name specified.'],
    [
      'another model',
      { ...request, modelSpec: { name: 'other' } },
      status.NOT_FOUND,
      'Servable not found for request: Latest(other)',
    ],
    [
      'another version',
      { ...request, modelSpec: { name: 'echo', version: { value: 9 } } },
      status.NOT_FOUND,
      'Servable not found for request: Specific(echo, 9)',
    ],
    [
      'another label',
      { ...request, modelSpec: { name: 'echo', versionLabel: 'canary' } },
      status.INVALID_ARGUMENT,
      'Unrecognized servable version label: canary',
    ],
    [
      'another signature',
      { ...request, modelSpec: { name: 'echo', signatureName: 'classify' } },
      status[failure('SIGNATURE_UNKNOWN', { name: 'classify' }).grpc],
      'Serving signature key "classify" not found.',
    ],
    [
      'no input',
      { modelSpec: { name: 'echo' } },
      status.INVALID_ARGUMENT,
      'input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. Missing but required: {x}.',
    ],
    [
      'an output that is not there',
      { ...request, outputFilter: ['z'] },
      status.INVALID_ARGUMENT,
      'output tensor alias not found in signature: z Outputs expected to be in the set {y}.',
    ],
    [
      'an output twice',
      { ...request, outputFilter: ['y', 'y'] },
      status.INVALID_ARGUMENT,
      'duplicate output tensor alias: y',
    ],
  ])('%s is told in the words of TF Serving', async (_, wrong, code, details) => {
    const { client, runs } = await openGrpcWith();
    const refused = await client.refusal(predictMethod, wrong);
    expect({ code: refused.code, details: refused.details }).toEqual({ code, details });
    expect(runs).toHaveLength(0);
  });
});
