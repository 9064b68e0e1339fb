import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { addOutputs } from '../../src/onnx/add-outputs.ts';
import { readNodes, readOutputNames } from '../../src/onnx/nodes.ts';
import { readModelBytes } from '../../src/onnx/read-model.ts';
import { signatureOf } from '../../src/onnx/signature.ts';
import { firstDifference } from '../../src/proof/first-difference.ts';
import { makeUpFeeds } from '../../src/proof/made-up.ts';
import { judgeParity } from '../../src/proof/parity.ts';
import { fixturePath } from '../fixtures.ts';
import { changeOperator, changeWeight } from './planted.ts';

const digits = readFileSync(fixturePath('torch/digits_cnn/model.onnx'));
const classifier = readFileSync(fixturePath('real/ocr_cls/model.onnx'));
const caps = { timeoutMs: 60_000, maxMemoryBytes: 4e9 };
const judge = (actual: Tensor, expected: Tensor) =>
  judgeParity([{ sample: 's', actual: [actual], expected: [expected] }]).outputs[0]!;

async function search(before: Uint8Array, after: Uint8Array) {
  const { inputs, outputs } = signatureOf(readModelBytes(before, 'm'));
  const side = (bytes: Uint8Array) => ({
    source: { name: 'm', path: 'm', bytes, intraOpThreads: 1 },
    bytes,
  });
  const [feed] = makeUpFeeds(inputs, { indexes: 8, length: 48 });
  return firstDifference(side(before), side(after), feed!.inputs, outputs[0]!.name, { ...caps, judge });
}

describe('the first node that differs', () => {
  test.each([
    ['conv1.weight', '/conv1/Conv'],
    ['conv2.bias', '/conv2/Conv'],
    ['fc.weight', '/fc/Gemm'],
  ])('is that of the changed weight %s', async (weight, node) => {
    const found = await search(
      digits,
      changeWeight(digits, weight, (value) => value + 1),
    );
    expect(found).toMatchObject({
      node,
      max_abs: expect.any(Number),
      reason: expect.stringContaining('at ['),
    });
  });

  test('is that of a changed operator', async () => {
    const nodes = readNodes(digits);
    const relu = nodes.find(({ op }) => op === 'Relu')!;
    const found = await search(digits, changeOperator(digits, relu.outputs[0]!, 'Sigmoid'));
    expect(found).toMatchObject({ node: relu.name, op: 'Relu', actual_op: 'Sigmoid' });
  });

  test('is found in a deep graph with branches', async () => {
    const relus = readNodes(classifier).filter(({ op }) => op === 'Relu');
    const node = relus[Math.floor(relus.length / 2)]!;
    const found = await search(classifier, changeOperator(classifier, node.outputs[0]!, 'Sigmoid'));
    expect(found?.tensor).toBe(node.outputs[0]);
  });

  test('is none where nothing differs', async () => {
    expect(await search(digits, digits)).toBeUndefined();
  });
});

test('tensors from inside become outputs, and nothing else changes', () => {
  const names = readNodes(digits).flatMap(({ outputs }) => outputs);
  const more = addOutputs(digits, [names[0]!]);
  expect(readOutputNames(digits)).toEqual(['logits']);
  expect(readOutputNames(more)).toEqual(['logits', names[0]]);
  expect(readNodes(more)).toEqual(readNodes(digits));
  expect(more.subarray(0, digits.length)).toEqual(digits);
});
