import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findFirstDifference } from '../../src/convert/first-difference.ts';
import { replay } from '../../src/convert/replay.ts';
import { makeUpFeeds } from '../../src/proof/made-up.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { writeSample } from '../../src/repository/samples.ts';
import { probeModel } from '../../src/runtime/probe.ts';
import { fixturePath } from '../fixtures.ts';
import { changeWeight } from '../proof/planted.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-parting-'));
afterAll(() => rmSync(folder, { recursive: true }));
const digits = fixturePath('torch/digits_cnn/model.onnx');
const caps = { timeoutMs: 60_000, maxMemoryBytes: 4e9, wanted: {} };

/** A folder as a converter leaves it: this model, and the answers of the original. */
async function converted(model: Uint8Array): Promise<string> {
  const work = mkdtempSync(join(folder, 'work-'));
  mkdirSync(join(work, 'samples'));
  writeFileSync(join(work, 'model.onnx'), model);
  writeFileSync(join(work, 'model.yaml'), 'name: m\nmodel: {path: model.onnx}\n');
  const { inputs } = (await openModel(digits)).manifest;
  const [feed] = makeUpFeeds(inputs, { indexes: 8 });
  const source = { name: 'm', path: digits, intraOpThreads: 1 };
  const { runs } = await probeModel(source, { ...caps, inputs: [feed!.inputs] });
  await writeSample(join(work, 'samples/random.in.json'), feed!.inputs);
  await writeSample(join(work, 'samples/random.out.json'), runs[0]!.ok ? runs[0]!.outputs : []);
  return work;
}

describe('a wrong conversion of an ONNX model', () => {
  test('is told with the first node that answers otherwise', async () => {
    const wrong = changeWeight(readFileSync(digits), 'conv2.weight', (value) => value + 1);
    const work = await converted(wrong);
    const parity = await replay(work, ['random'], caps);
    expect(parity.ok).toBe(false);
    const first = await findFirstDifference(digits, work, parity, caps);
    expect(first).toMatchObject({
      node: '/conv2/Conv',
      op: 'Conv',
      reason: expect.stringContaining('the original gives'),
    });
  });

  test('of a model that our runtime does not take is told without it', async () => {
    const work = await converted(changeWeight(readFileSync(digits), 'conv2.weight', (value) => value + 1));
    const parity = await replay(work, ['random'], caps);
    const newer = fixturePath('traits/opset_too_new/model.onnx');
    expect(await findFirstDifference(newer, work, parity, caps)).toBeUndefined();
  });
});
