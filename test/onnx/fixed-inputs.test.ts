import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dropFilledInputs } from '../../src/onnx/fixed-inputs.ts';
import { readModelBytes } from '../../src/onnx/read-model.ts';
import { fixturePath } from '../fixtures.ts';

test('weights that are listed as inputs are inputs no more, in an IR version that allows it', () => {
  const old = readFileSync(fixturePath('perf/squeezenet/model.onnx'));
  const before = readModelBytes(old, 'm');
  expect(before.irVersion).toBe(3);
  const freed = dropFilledInputs(old, before.irVersion);
  const after = readModelBytes(freed, 'm');
  expect(freed.length).toBeLessThan(old.length);
  expect(after).toMatchObject({ irVersion: 4, inputs: before.inputs, nodeCount: before.nodeCount });
  expect(dropFilledInputs(freed, 4)).toBe(freed);
});

test('a model without such inputs stays as it is', () => {
  const model = readFileSync(fixturePath('torch/digits_cnn/model.onnx'));
  expect(dropFilledInputs(model, 8)).toBe(model);
});
