import { join } from 'node:path';
import { failure } from '../core/errors/error.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { type Caps, findFeeds } from '../proof/find-feeds.ts';
import type { NamedFeed } from '../proof/made-up.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { readSample } from '../repository/samples.ts';
import type { GraphSource } from '../runtime/graph-source.ts';
import { probeModel } from '../runtime/probe.ts';
import { splitRows } from './rows.ts';

/** What variants are made and judged with: inputs as the graph takes them, and the original's answers. */
export interface Evidence {
  readonly origin: 'data' | 'samples' | 'made up';
  readonly judged: readonly NamedFeed[];
  /** By feed of `judged`. */
  readonly expected: readonly (readonly Tensor[])[];
  readonly calibration: readonly NamedFeed[];
  /** Whether the same inputs calibrate and judge. */
  readonly isShared: boolean;
  /** One request, to time. */
  readonly request: readonly Tensor[];
  readonly loadMs: number;
}

export interface Data {
  readonly file: string;
  readonly tensors: readonly Tensor[];
}

/**
 * Collects what there is, best first: arrays that were given, the model's samples, made-up inputs.
 * @throws MdeployError `OPTIMIZE_DATA`, `OPTIMIZE_NO_INPUTS`; of the probe area when the original does not load
 */
export async function gatherEvidence(
  opened: OpenedModel,
  pipeline: Pipeline,
  source: GraphSource,
  data: Data | undefined,
  caps: Caps,
): Promise<Evidence> {
  const { manifest } = opened;
  const samples = await readSamples(opened, pipeline);
  if (data) {
    const { calibration, judged } = splitRows(data.file, data.tensors, manifest.inputs);
    const request = samples[0]?.inputs ?? firstRow(judged[0]!.inputs);
    const isShared = calibration === judged;
    return answered(
      source,
      { origin: 'data', calibration, judged: [...judged, ...samples], request, isShared },
      caps,
    );
  }
  if (samples.length > 0)
    return answered(
      source,
      {
        origin: 'samples',
        calibration: samples,
        judged: samples,
        request: samples[0]!.inputs,
        isShared: true,
      },
      caps,
    );
  const { feeds, refused } = await findFeeds(source, manifest.inputs, caps);
  if (feeds.length === 0) throw failure('OPTIMIZE_NO_INPUTS', { name: manifest.name, reason: refused });
  const request = firstRow(feeds[0]!.inputs);
  const calibration = [feeds.find(({ name }) => name === 'random') ?? feeds[0]!];
  return answered(source, { origin: 'made up', calibration, judged: feeds, request, isShared: true }, caps);
}

async function readSamples({ manifest, root }: OpenedModel, pipeline: Pipeline): Promise<NamedFeed[]> {
  const feeds: NamedFeed[] = [];
  for (const { inputs } of manifest.samples) {
    const tensors = await readSample(join(root, inputs), pipeline.userSignature.inputs);
    feeds.push({ name: inputs, inputs: pipeline.prepare ? await pipeline.prepare(tensors) : tensors });
  }
  return feeds;
}

async function answered(
  source: GraphSource,
  found: Omit<Evidence, 'expected' | 'loadMs'>,
  caps: Caps,
): Promise<Evidence> {
  const inputs = [...found.judged.map((feed) => feed.inputs), found.request];
  const { runs, loadMs } = await probeModel(source, { ...caps, inputs });
  const request = runs.at(-1)!.ok ? found.request : found.judged[0]!.inputs;
  const usable = found.judged.flatMap((feed, index) => {
    const run = runs[index]!;
    return run.ok ? [{ feed, outputs: run.outputs }] : [];
  });
  if (usable.length === 0) {
    const [first] = runs;
    const reason = first && !first.ok ? first.reason : '';
    throw failure('OPTIMIZE_NO_INPUTS', { name: source.name, reason });
  }
  return {
    ...found,
    judged: usable.map(({ feed }) => feed),
    expected: usable.map(({ outputs }) => outputs),
    request,
    loadMs,
  };
}

// What one client sends. A graph that takes no single row is asked for all of them.
function firstRow(inputs: readonly Tensor[]): readonly Tensor[] {
  const rows = inputs[0]?.shape[0];
  if (rows === undefined || !inputs.every(({ shape }) => shape[0] === rows)) return inputs;
  return inputs.map(
    (tensor) =>
      ({
        ...tensor,
        shape: [1, ...tensor.shape.slice(1)],
        data: tensor.data.slice(0, tensor.data.length / Math.max(1, rows)),
      }) as Tensor,
  );
}
