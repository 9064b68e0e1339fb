import { asMdeployError } from '../core/errors/error.ts';
import { placedIn } from '../manifest/place.ts';
import { compilePipeline, type Pipeline } from '../pipeline/pipeline.ts';
import { openModel } from '../repository/open-model.ts';
import type { OpenedModel } from '../repository/opened-model.ts';

/** One of the two models, read but not loaded. */
export interface Side {
  /** As it was typed. */
  readonly target: string;
  readonly opened: OpenedModel;
  readonly pipeline: Pipeline;
}

/** @throws MdeployError of the manifest, model, package and pipeline areas */
export async function openSide(target: string): Promise<Side> {
  const opened = await openModel(target);
  const { inputs, outputs } = opened.manifest;
  try {
    return { target, opened, pipeline: await compilePipeline(opened.manifest, { inputs, outputs }) };
  } catch (error) {
    throw placedIn(asMdeployError(error), opened.locate);
  }
}
