import { asMdeployError } from '../core/errors/error.ts';
import { placedIn } from '../manifest/place.ts';
import { compilePipeline, type Pipeline } from '../pipeline/pipeline.ts';
import { openModel } from '../repository/open-model.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { servedHere } from '../repository/variants.ts';

/** One of the two models, read but not loaded. */
export interface Side {
  /** As it was typed. */
  readonly target: string;
  /** With the model file that this machine would serve. */
  readonly opened: OpenedModel;
  /** The variant that it is; absent: the model itself. */
  readonly variant?: string;
  readonly pipeline: Pipeline;
}

/** @throws MdeployError of the manifest, model, package and pipeline areas */
export async function openSide(target: string): Promise<Side> {
  const { served: opened, variant } = servedHere(await openModel(target));
  const { inputs, outputs } = opened.manifest;
  try {
    const pipeline = await compilePipeline(opened.manifest, { inputs, outputs });
    return { target, opened, pipeline, ...(variant && { variant: variant.path }) };
  } catch (error) {
    throw placedIn(asMdeployError(error), opened.locate);
  }
}
