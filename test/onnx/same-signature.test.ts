import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readModelBytes } from '../../src/onnx/read-model.ts';
import { changedSignature } from '../../src/onnx/same-signature.ts';
import { signatureOf } from '../../src/onnx/signature.ts';
import { fixturePath } from '../fixtures.ts';

const digits = readFileSync(fixturePath('torch/digits_cnn/model.onnx'));

test('inputs and outputs must be the same, free axes apart', () => {
  const { inputs, outputs } = signatureOf(readModelBytes(digits, 'm'));
  const before = { inputs, outputs };
  const like = (change: object) => ({ inputs: inputs.map((input) => ({ ...input, ...change })), outputs });
  expect(changedSignature(before, before)).toBeUndefined();
  expect(changedSignature(before, like({ shape: ['n', 1, 8, 8] }))).toBeUndefined();
  expect(changedSignature(before, like({ datatype: 'FP16' }))).toBe(
    'the input "image" was FP32[batch,1,8,8] and is FP16[batch,1,8,8]',
  );
  expect(changedSignature(before, like({ shape: ['n', 3, 8, 8] }))).toContain('is FP32[n,3,8,8]');
  expect(changedSignature(before, { inputs, outputs: [] })).toBe('it has 0 outputs, the original 1');
});
