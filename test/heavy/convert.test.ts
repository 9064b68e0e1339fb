// PyTorch and TensorFlow: some 3 GB of Python packages on the first run. `npm run test:convert` runs this, `npm test` says
// that it did not.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConvertOptions } from '../../src/convert/convert.ts';
import { parseInputFlag } from '../../src/convert/input-flag.ts';
import { ensureEnvironment } from '../../src/python/environment.ts';
import { readLock } from '../../src/python/lock.ts';
import { convertFile, goldenAfter, work } from '../e2e/converting.ts';
import { fixturePath } from '../fixtures.ts';

afterAll(() => rmSync(work, { recursive: true, force: true }));

const digits = { inputs: [parseInputFlag('image:FP32[batch,1,8,8]')], outputs: ['logits'] };
const text = { inputs: [parseInputFlag('tokens:INT64[batch,sequence]')], outputs: ['logits', 'vector'] };
const entry = (name: string, made: string) => ({ file: fixturePath(`${name}/model_def.py`), name: made });

const cases: readonly (readonly [string, string, Partial<ConvertOptions>])[] = [
  ['torch/digits_cnn', 'model_traced.pt', digits],
  ['torch/digits_cnn', 'model_scripted.pt', digits],
  ['torch/digits_cnn', 'model.pt2', { outputs: ['logits'] }],
  [
    'torch/digits_cnn',
    'weights.pth',
    { ...digits, entry: entry('torch/digits_cnn', 'DigitsCNN'), entryArgs: { channels: 8 } },
  ],
  ['torch/text_lstm', 'model_traced.pt', text],
  ['torch/text_lstm', 'model_scripted.pt', text],
  ['torch/text_lstm', 'weights.pth', { ...text, entry: entry('torch/text_lstm', 'TextLSTM') }],
  ['tf/digits_cnn', 'saved_model', {}],
  ['tf/digits_cnn', 'model.keras', {}],
  ['tf/digits_cnn', 'model.h5', {}],
  ['tf/digits_cnn', 'model.tflite', {}],
  ['tf/two_in_two_out', 'saved_model', {}],
  ['tf/two_in_two_out', 'model.keras', {}],
  ['tf/two_in_two_out', 'model.h5', {}],
  ['tf/two_in_two_out', 'model.tflite', {}],
];

test.each(cases)(
  '%s %s converts with one command and gives the golden answers',
  async (name, file, flags) => {
    const { conversion, differences } = await goldenAfter(name, file, flags);
    expect(conversion.parity.outputs.filter(({ ok }) => !ok)).toEqual([]);
    expect(differences).toEqual([]);
  },
);

test('an int8 TFLite model agrees bit for bit with TensorFlow Lite', async () => {
  const { parity } = await convertFile(fixturePath('tf/digits_cnn/model_int8.tflite'));
  expect(parity.outputs.map(({ max_abs }) => max_abs)).toEqual([0, 0, 0, 0]);
});

describe('what a file does not tell is asked for, with the flag to type', () => {
  test.each<[string, Partial<ConvertOptions>, string]>([
    ['torch/digits_cnn/model_traced.pt', {}, '--input image:FP32[batch,...]'],
    ['torch/digits_cnn/weights.pth', {}, '--entry model.py:Net'],
    ['torch/digits_cnn/model_traced.pt', { ...digits, outputs: ['a', 'b'] }, '--output NAME'],
    ['tf/digits_cnn/saved_model', { signature: 'other' }, '--signature'],
    ['tf/digits_cnn/model.keras', { inputs: [parseInputFlag('picture:FP32[1]')] }, '--input NAME:TYPE[axes]'],
  ])('%s', async (file, flags, flag) => {
    await expect(convertFile(fixturePath(file), flags)).rejects.toMatchObject({
      code: 'CONVERT_ASKED',
      remedy: expect.stringContaining(flag),
    });
  });

  test('weights of another class are refused with the first that does not fit', async () => {
    const wrong = { ...digits, entry: entry('torch/digits_cnn', 'DigitsCNN'), entryArgs: { channels: 4 } };
    await expect(convertFile(fixturePath('torch/digits_cnn/weights.pth'), wrong)).rejects.toThrow(
      'size mismatch for conv1.weight',
    );
  });

  test('a sequence length stays free through an export', async () => {
    const { folder } = await convertFile(fixturePath('torch/text_lstm/model_scripted.pt'), text);
    const { openModel } = await import('../../src/repository/open-model.ts');
    const { manifest } = await openModel(folder!);
    expect(manifest.inputs[0]?.shape).toEqual(['batch', 'sequence']);
  });
});

describe('checkpoints', () => {
  const made = join(work, 'checkpoints');
  const net = {
    entry: { file: join(import.meta.dirname, 'make/net.py'), name: 'Net' },
    entryArgs: { width: 8 },
  };
  const inputs = [parseInputFlag('x:FP32[batch,4]')];

  beforeAll(async () => {
    const quiet = { progress: () => undefined, note: () => undefined };
    const { python } = await ensureEnvironment(await readLock('torch'), quiet);
    await promisify(execFile)(python, ['-I', join(import.meta.dirname, 'make/checkpoints.py'), made]);
  });

  test.each([
    ['lightning.ckpt', 'a PyTorch Lightning checkpoint', []],
    ['training.pt', 'a PyTorch checkpoint (weights under "model_state_dict")', []],
    ['parallel.pth', 'PyTorch weights without a model', []],
    ['weights.safetensors', 'safetensors weights without a model', []],
  ])('%s is %s', async (file, what, notes) => {
    const { parity, record, ...conversion } = await convertFile(join(made, file), { ...net, inputs });
    expect(conversion.what).toBe(what);
    expect(parity.ok).toBe(true);
    expect(record.notes).toEqual(notes);
  });

  test('that lack weights are refused', async () => {
    const done = convertFile(join(made, 'lacking.pth'), { ...net, inputs });
    await expect(done).rejects.toMatchObject({ code: 'CONVERT_REFUSED' });
    await expect(done).rejects.toThrow('the weights do not fit Net: they lack 2.weight, 2.bias');
  });

  test('with a definition that needs what is not there', async () => {
    const entry = { file: join(made, 'needy.py'), name: 'Net' };
    await expect(convertFile(join(made, 'parallel.pth'), { entry, inputs })).rejects.toThrow(
      "needy.py cannot be imported (No module named 'not_there')",
    );
  });
});
