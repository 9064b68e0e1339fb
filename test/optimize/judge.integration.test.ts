import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNodes } from '../../src/onnx/nodes.ts';
import { signatureOf } from '../../src/onnx/signature.ts';
import { gatherEvidence } from '../../src/optimize/evidence.ts';
import { type Court, judgeVariant } from '../../src/optimize/judge.ts';
import { keepIfOf } from '../../src/optimize/keep-if.ts';
import { recipes } from '../../src/optimize/recipes.ts';
import { compilePipeline } from '../../src/pipeline/pipeline.ts';
import { graphSource } from '../../src/repository/load-version.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { fixturePath } from '../fixtures.ts';
import { changeOperator, changeWeight, renameTensor } from '../proof/planted.ts';

const file = fixturePath('torch/digits_cnn/model.onnx');
const digits = readFileSync(file);
const folder = mkdtempSync(join(tmpdir(), 'mdeploy-judge-'));
const caps = { timeoutMs: 60_000, maxMemoryBytes: 4e9 };
let court: Court;

beforeAll(async () => {
  const opened = await openModel(file);
  const { inputs, outputs } = opened.manifest;
  const source = await graphSource(opened);
  const pipeline = await compilePipeline(opened.manifest, { inputs, outputs });
  court = {
    original: {
      source,
      bytes: digits,
      signature: signatureOf(opened.onnx),
      fileBytes: digits.length,
      isWhole: true,
    },
    evidence: await gatherEvidence(opened, pipeline, source, undefined, caps),
    keepIf: keepIfOf({ smaller_by: 1 }),
    caps,
    trustsMadeUp: true,
    noise: 0,
    originalMs: 1,
    budgetMs: 30,
    progress: () => undefined,
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function judge(bytes: Uint8Array, more: Partial<Court> = {}) {
  const path = join(folder, `${count++}.onnx`);
  writeFileSync(path, bytes);
  const recipe = recipes.find(({ name }) => name === 'fp16')!;
  return judgeVariant({ name: 'fp16', path, facts: {} }, recipe, { ...court, ...more });
}

describe('a variant', () => {
  test('that answers the same is kept for its size', async () => {
    const found = await judge(digits);
    expect(found).toMatchObject({
      verdict: 'kept',
      reasons: [],
      measured: { top1: 1, max_error: 0, smaller_by: 1 },
    });
    expect(found.measured!.rounds).toBeGreaterThanOrEqual(9);
  });

  test('of a lossy recipe is not kept on the word of made-up inputs', async () => {
    const found = await judge(digits, { trustsMadeUp: false });
    expect(found).toMatchObject({
      verdict: 'dropped',
      reasons: [expect.stringContaining('--trust-made-up')],
    });
  });

  test('with one changed weight is wrong, and the node is named', async () => {
    const found = await judge(changeWeight(digits, 'conv2.weight', (value) => value + 2));
    expect(found).toMatchObject({ verdict: 'wrong', first_difference: { node: '/conv2/Conv', op: 'Conv' } });
    expect(found.reasons.join()).toContain('is allowed');
  });

  test('with another operator is wrong, and the node is named', async () => {
    const relu = readNodes(digits).find(({ op }) => op === 'Relu')!;
    const found = await judge(changeOperator(digits, relu.outputs[0]!, 'Sigmoid'));
    expect(found.first_difference).toMatchObject({ node: relu.name, op: 'Relu', actual_op: 'Sigmoid' });
  });

  test('that gives NaN is named as such', async () => {
    const found = await judge(changeWeight(digits, 'fc.weight', () => Number.NaN));
    expect(found.verdict).toBe('wrong');
    expect(found.reasons[0]).toMatch(/^the variant gives NaN: at /);
    expect(found.first_difference).toMatchObject({ node: '/fc/Gemm' });
  });

  test('with other inputs or outputs is refused before it is run', async () => {
    expect(await judge(renameTensor(digits, 'image', 'picture'))).toMatchObject({
      verdict: 'refused',
      reasons: ['the input "image" is gone'],
    });
    const half = readFileSync(fixturePath('traits/identity_float16/model.onnx'));
    expect((await judge(half)).reasons[0]).toMatch(/is gone$|was FP32/);
  });

  test('that the runtime does not take is refused with its words', async () => {
    const relu = readNodes(digits).find(({ op }) => op === 'Relu')!;
    const found = await judge(changeOperator(digits, relu.outputs[0]!, 'Relux'));
    expect(found).toMatchObject({ verdict: 'refused', reasons: [expect.stringContaining('Relux')] });
    expect((await judge(digits.subarray(0, 4000))).verdict).toBe('refused');
  });

  test('that was not made says why', async () => {
    const recipe = recipes[0]!;
    const skip = (made: object) => judgeVariant({ name: recipe.name, facts: {}, ...made }, recipe, court);
    expect(await skip({ skipped: 'no weights' })).toMatchObject({
      verdict: 'skipped',
      reasons: ['no weights'],
    });
    expect(await skip({ failed: 'it broke' })).toMatchObject({ verdict: 'skipped', reasons: ['it broke'] });
  });
});
