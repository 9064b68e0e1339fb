// Makes the models, pictures and samples of examples/ from the fixtures, whose answers come from the training
// framework: `node scripts/node.mjs scripts/examples.ts`. The manifests and READMEs there are written by hand.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Tensor } from '../src/core/tensor.ts';
import { writeSample } from '../src/repository/samples.ts';
import { loadCase } from '../test/fixtures.ts';

const examples = join(import.meta.dirname, '..', 'examples');

await plainExample('iris', 'sklearn/iris_logreg');
await plainExample('diabetes', 'sklearn/diabetes_linear');
await digitsExample();

/** Samples are the golden calls as they are. */
async function plainExample(name: string, fixture: string): Promise<void> {
  const { inputs, outputs, modelPath } = loadCase(fixture);
  const folder = await newExample(name, modelPath);
  await writeSample(join(folder, 'samples', '0.in.json'), inputs);
  await writeSample(join(folder, 'samples', '0.out.json'), outputs);
}

/** Pictures in, the three best labels out: the golden pixels as PNG files, softmax and top 3 of the golden logits. */
async function digitsExample(): Promise<void> {
  const { inputs, outputs, golden, modelPath } = loadCase('torch/digits_cnn');
  const folder = await newExample('digits', modelPath);
  const pixels = inputs[0]!.data as Float32Array;
  const logits = outputs[0]!.data as Float32Array;
  const pictures: Buffer[] = [];
  for (const [index, digit] of (golden.labels as number[]).entries()) {
    // Grey levels 0–16 in the data set, 0–1 in the fixture; times 240 they are whole and easy to see.
    const grey = Uint8Array.from(pixels.subarray(index * 64, index * 64 + 64), (value) =>
      Math.round(value * 240),
    );
    const picture = await sharp(grey, { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    await writeFile(join(folder, `digit-${digit}.png`), picture);
    pictures.push(picture);
  }
  const best = pictures.map((_, index) => topThree(logits.subarray(index * 10, index * 10 + 10)));
  for (const [index, rows] of [
    [0, [1]],
    [1, pictures.map((_, row) => row)],
  ] as const) {
    const picked = rows.flatMap((row) => best[row]!);
    await writeSample(join(folder, 'samples', `${index}.in.json`), [
      { name: 'image', datatype: 'BYTES', shape: [rows.length], data: rows.map((row) => pictures[row]!) },
    ]);
    const shape = [rows.length, 3];
    const label: Tensor = {
      name: 'label',
      datatype: 'BYTES',
      shape,
      data: picked.map(({ digit }) => `${digit}`),
    };
    const score: Tensor = {
      name: 'score',
      datatype: 'FP32',
      shape,
      data: Float32Array.from(picked, ({ p }) => p),
    };
    await writeSample(join(folder, 'samples', `${index}.out.json`), [label, score]);
  }
}

function topThree(logits: Float32Array): { digit: number; p: number }[] {
  const powers = Array.from(logits, Math.exp);
  const sum = powers.reduce((total, power) => total + power, 0);
  const all = powers.map((power, digit) => ({ digit, p: power / sum }));
  return all.sort((a, b) => b.p - a.p).slice(0, 3);
}

async function newExample(name: string, modelPath: string): Promise<string> {
  const folder = join(examples, name);
  await mkdir(join(folder, 'samples'), { recursive: true });
  await copyFile(modelPath, join(folder, 'model.onnx'));
  return folder;
}
