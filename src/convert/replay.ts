import { join } from 'node:path';
import type { Tolerance } from '../core/compare.ts';
import { asMdeployError } from '../core/errors/error.ts';
import type { Tensor, TensorSpec } from '../core/tensor.ts';
import { judgeParity, type Parity, type SampleAnswers } from '../proof/parity.ts';
import { graphSource } from '../repository/load-version.ts';
import { openModel } from '../repository/open-model.ts';
import { readSample } from '../repository/samples.ts';
import { probeModel } from '../runtime/probe.ts';

export interface ReplayOptions {
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  readonly wanted: Partial<Tolerance>;
}

/**
 * Gives the samples of a converted model to our own runtime, in a throw-away process, and compares its answers with
 * those of the original.
 * @param folder with model.yaml and samples/NAME.in.json and NAME.out.json
 * @throws MdeployError when the converted model does not load: those of `openModel` and `probeModel`
 */
export async function replay(
  folder: string,
  names: readonly string[],
  options: ReplayOptions,
): Promise<Parity> {
  const opened = await openModel(folder);
  const { inputs, outputs } = opened.manifest;
  const feeds: (readonly Tensor[])[] = [];
  for (const name of names) feeds.push(await readSample(sampleFile(folder, name, 'in'), inputs));
  const { timeoutMs, maxMemoryBytes, wanted } = options;
  const { runs } = await probeModel(await graphSource(opened), { inputs: feeds, timeoutMs, maxMemoryBytes });
  const answers: SampleAnswers[] = [];
  for (const [index, sample] of names.entries()) {
    const run = runs[index]!;
    const actual = run.ok ? run.outputs : { refused: run.reason };
    answers.push({ sample, actual, expected: await expectedOf(sampleFile(folder, sample, 'out'), outputs) });
  }
  return judgeParity(answers, wanted);
}

export function sampleFile(folder: string, name: string, side: 'in' | 'out'): string {
  return join(folder, 'samples', `${name}.${side}.json`);
}

// A shape that the graph declares wrongly must not hide how far the values are apart: it is read without shapes then.
async function expectedOf(file: string, outputs: readonly TensorSpec[]): Promise<Tensor[]> {
  try {
    return await readSample(file, outputs, { partial: true });
  } catch (error) {
    if (asMdeployError(error).code !== 'SAMPLE_MISFIT') throw error;
    return readSample(
      file,
      outputs.map((output) => ({ ...output, shape: null })),
      { partial: true },
    );
  }
}
