// PyTorch and TensorFlow: some 3 GB of Python packages on the first run. `npm run test:convert` runs this, `npm test` says
// that it did not.
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { ConvertOptions } from '../../src/convert/convert.ts';
import { parseInputFlag } from '../../src/convert/input-flag.ts';
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
