import { readFile } from 'node:fs/promises';
import type { Tolerance } from '../core/compare.ts';
import { asMdeployError } from '../core/errors/error.ts';
import type { Tensor } from '../core/tensor.ts';
import { type FirstDifference, firstDifference, type GraphSide } from '../proof/first-difference.ts';
import { judgeParity, type Parity } from '../proof/parity.ts';
import { graphSource } from '../repository/load-version.ts';
import { openModel } from '../repository/open-model.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { readSample } from '../repository/samples.ts';
import { sampleFile } from './replay.ts';

interface Caps {
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  readonly wanted: Partial<Tolerance>;
}

/**
 * Where inside an ONNX model its conversion goes wrong: both graphs answer the worst sample, node by node.
 * @param source the original `.onnx` file
 * @param folder with the converted model and its samples
 * @returns undefined where our runtime does not take the original, or the graphs have nothing inside in common
 */
export async function findFirstDifference(
  source: string,
  folder: string,
  { worst }: Parity,
  { wanted, ...caps }: Caps,
): Promise<FirstDifference | undefined> {
  if (!worst) return undefined;
  try {
    const [before, after] = [await openModel(source), await openModel(folder)];
    if (!isWhole(before) || !isWhole(after)) return undefined;
    const feed = await readSample(sampleFile(folder, worst.sample, 'in'), after.manifest.inputs);
    const judge = (actual: Tensor, expected: Tensor) =>
      judgeParity([{ sample: worst.sample, expected: [expected], actual: [actual] }], wanted).outputs[0]!;
    return await firstDifference(await sideOf(before), await sideOf(after), feed, worst.output, {
      ...caps,
      judge,
    });
  } catch (error) {
    // What is looked for is a help, and that the answers differ is known without it.
    const fault = asMdeployError(error);
    if (fault.code === 'INTERRUPTED' || fault.code === 'INTERNAL') throw fault;
    return undefined;
  }
}

function isWhole({ onnx }: OpenedModel): boolean {
  return onnx.externalData.length === 0 && onnx.fileBytes < 256 * 1024 ** 2;
}

async function sideOf(opened: OpenedModel): Promise<GraphSide> {
  const source = await graphSource(opened);
  return { source, bytes: source.bytes ?? (await readFile(opened.modelPath)) };
}
