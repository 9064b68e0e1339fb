import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { loadVersion } from '../../src/repository/load-version.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { loadCase } from '../fixtures.ts';

async function loaded(fixture: string) {
  const opened = await openModel(loadCase(fixture).modelPath);
  const serving = { ...opened.manifest.serving, batching: { max_batch_size: 16, max_queue_delay_ms: 0 } };
  return loadVersion({ ...opened, manifest: { ...opened.manifest, serving } }, { isProven: true });
}

describe('serving.batching', () => {
  test.each(['sklearn/iris_logreg', 'torch/digits_cnn', 'boosted/xgb_breast_cancer'])(
    '%s: rows of requests that run together are what they are alone',
    async (fixture) => {
      const version = await loaded(fixture);
      const golden = loadCase(fixture);
      const rows = golden.inputs[0]!.shape[0]!;
      const ticket = () => ({ deadline: performance.now() + 10_000, limitMs: 10_000 });
      const enter = (row: number) =>
        version.batcher!.enter(
          ticket(),
          golden.inputs.map((tensor) => rowOf(tensor, row)),
          version.graphOutputs,
          () => undefined,
        );
      const alone: Tensor[][] = [];
      for (let row = 0; row < rows; row++) alone.push(await enter(row));
      const together = await Promise.all(Array.from({ length: rows }, (_, row) => enter(row)));
      together.forEach((outputs, row) => {
        outputs.forEach((tensor, index) => {
          const expected = alone[row]![index]!;
          expect(tensor.shape).toEqual(expected.shape);
          for (const [at, value] of [...(tensor.data as Float32Array)].entries())
            expect(Number(value)).toBeCloseTo(Number(expected.data[at]), 4);
        });
      });
      await version.session.close();
    },
  );

  test('a model without a batch axis is refused, with the tensor', async () => {
    await expect(loaded('real/silero_vad')).rejects.toMatchObject({
      code: 'BATCHING_UNFIT',
      message: expect.stringMatching(/the first axis of "\w+" is not free/),
    });
  });
});

function rowOf(tensor: Tensor, row: number): Tensor {
  const width = tensor.data.length / tensor.shape[0]!;
  const data = tensor.data.slice(row * width, (row + 1) * width) as Tensor['data'];
  return { ...tensor, shape: [1, ...tensor.shape.slice(1)], data };
}
