import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { readModelBytes } from '../../src/onnx/read-model.ts';
import { removeZipMaps } from '../../src/onnx/zipmap.ts';
import { difference, loadCase } from '../fixtures.ts';

type Runtime = typeof import('onnxruntime-node');
let runtime: Runtime;

// Telemetry is decided when the module is first loaded.
beforeAll(async () => {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  runtime = await import('onnxruntime-node');
});

describe('a model without its ZipMap', () => {
  it.each([
    ['boosted/catboost_iris', 'model.onnx', 'probabilities', 'probabilities'],
    ['sklearn/iris_logreg', 'model_zipmap.onnx', 'output_probability', 'probabilities'],
    ['traits/zipmap_string_keys', 'model.onnx', 'scores', 'scores'],
  ])('%s/%s loads and answers the golden probabilities', async (name, file, output, goldenName) => {
    const { folder, inputs, outputs, tolerance } = loadCase(name);
    const original = readFileSync(join(folder, file));
    const session = await runtime.InferenceSession.create(
      removeZipMaps(original, readModelBytes(original, file)),
    );
    const input = inputs[0]!;
    const answers = await session.run({
      [session.inputNames[0]!]: new runtime.Tensor('float32', input.data as Float32Array, input.shape),
    });
    await session.release();
    const golden = outputs.find((tensor) => tensor.name === goldenName)!;
    const answer = answers[output]!;
    const got: Tensor = {
      name: output,
      datatype: 'FP32',
      shape: answer.dims,
      data: answer.data as Float32Array,
    };
    expect(difference(got, golden, tolerance)).toBeUndefined();
  });

  it('would not answer with it', async () => {
    const { modelPath, inputs } = loadCase('boosted/catboost_iris');
    const input = inputs[0]!;
    const session = await runtime.InferenceSession.create(modelPath);
    const feeds = { features: new runtime.Tensor('float32', input.data as Float32Array, input.shape) };
    await expect(session.run(feeds)).rejects.toThrow(/[Nn]on.?tensor/);
    await session.release();
  });
});
