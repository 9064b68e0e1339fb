import { join } from 'node:path';
import type { Signature, Tensor } from '../core/tensor.ts';
import { compilePipeline } from '../pipeline/pipeline.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { readSample } from '../repository/samples.ts';
import { zeroFeeds } from '../runtime/zeros.ts';
import { type Expectation, expectTensors } from './expectation.ts';

/** What is sent, before a dialect makes a request of it. */
export type Feed =
  | { readonly kind: 'tensors'; readonly tensors: readonly Tensor[] }
  /** JSON that is sent as it was written. */
  | { readonly kind: 'document'; readonly text: string };

export interface ModelFeed {
  readonly feed: Feed;
  /** Of a sample: what must be answered. */
  readonly expectation?: Expectation;
  readonly source: 'sample' | 'zeros';
}

/**
 * The first sample of a model, or zeros where it has none.
 * @throws MdeployError of the samples
 */
export async function modelFeed(opened: Pick<OpenedModel, 'manifest' | 'root'>): Promise<ModelFeed> {
  const { manifest, root } = opened;
  const { inputs, outputs } = await clientSignature(opened);
  const [sample] = manifest.samples;
  if (!sample) return { feed: { kind: 'tensors', tensors: zeroFeeds(inputs) }, source: 'zeros' };
  const tensors = await readSample(join(root, sample.inputs), inputs);
  const expected = await readSample(join(root, sample.outputs), outputs, { partial: true });
  return {
    feed: { kind: 'tensors', tensors },
    expectation: expectTensors(expected, sample.tolerance),
    source: 'sample',
  };
}

/** What clients see of a model: in front of its first step and behind its last. */
export async function clientSignature({ manifest }: Pick<OpenedModel, 'manifest'>): Promise<Signature> {
  const graph: Signature = { inputs: manifest.inputs, outputs: manifest.outputs };
  return (await compilePipeline(manifest, graph)).userSignature;
}
