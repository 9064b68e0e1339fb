import { join } from 'node:path';
import { asMdeployError } from '../core/errors/error.ts';
import { sha256 } from '../core/hash.ts';
import { showSpec, type Tensor, type TensorSpec } from '../core/tensor.ts';
import { readSample } from '../repository/samples.ts';
import type { Side } from './side.ts';
import type { Renamed } from './tensors.ts';

/** One request as both models get it. */
export interface Call {
  readonly name: string;
  /** By side: what the graph itself takes, prepared; or why this side cannot take it. */
  readonly feeds: readonly [Feed, Feed];
}

export type Feed = readonly Tensor[] | { readonly refused: string };

export function isFed(feed: Feed): feed is readonly Tensor[] {
  return !('refused' in feed);
}

/**
 * The samples of both models, each given to both; a sample that both have counts once.
 * @param renamed inputs of the second by their names in the first
 * @throws MdeployError `FILE_UNREADABLE`, `SAMPLE_MALFORMED`, `SAMPLE_MISFIT` where a model's own sample is wrong
 */
export async function sampleCalls(a: Side, b: Side, renamed: Renamed): Promise<Call[]> {
  const back = new Map([...renamed].map(([from, to]) => [to, from]));
  const calls: Call[] = [];
  const seen = new Set<string>();
  for (const [own, letter] of [
    [a, 'A'],
    [b, 'B'],
  ] as const)
    for (const { inputs } of own.opened.manifest.samples) {
      const tensors = await readSample(join(own.opened.root, inputs), own.pipeline.userSignature.inputs);
      const forA = own === a ? tensors : rename(tensors, back);
      const forB = own === a ? rename(tensors, renamed) : tensors;
      const key = keyOf(forA);
      if (seen.has(key)) continue;
      seen.add(key);
      calls.push({ name: `${letter}: ${inputs}`, feeds: [await prepared(a, forA), await prepared(b, forB)] });
    }
  return calls;
}

/** Tensors under the names that they have in the other model. */
export function rename(tensors: readonly Tensor[], names: Renamed): Tensor[] {
  return tensors.map((tensor) => ({ ...tensor, name: names.get(tensor.name) ?? tensor.name }));
}

/** Why a model does not take these tensors; undefined when it does. */
export function misfit(tensors: readonly Tensor[], specs: readonly TensorSpec[]): string | undefined {
  const missing = specs.find(({ name }) => !tensors.some((tensor) => tensor.name === name));
  if (missing) return `it lacks the input "${missing.name}"`;
  for (const tensor of tensors) {
    const spec = specs.find(({ name }) => name === tensor.name);
    if (!spec) return `"${tensor.name}" is no input`;
    const fits =
      spec.datatype === tensor.datatype &&
      (spec.shape === null ||
        (spec.shape.length === tensor.shape.length &&
          spec.shape.every((dim, axis) => typeof dim !== 'number' || dim === tensor.shape[axis])));
    if (!fits) return `"${tensor.name}" must be ${showSpec(spec)}, and is ${showSpec(tensor)}`;
  }
  return undefined;
}

async function prepared({ pipeline }: Side, tensors: readonly Tensor[]): Promise<Feed> {
  const refused = misfit(tensors, pipeline.userSignature.inputs);
  if (refused !== undefined) return { refused };
  try {
    return pipeline.prepare ? await pipeline.prepare(tensors) : tensors;
  } catch (error) {
    return { refused: asMdeployError(error).message };
  }
}

function keyOf(tensors: readonly Tensor[]): string {
  const parts = [...tensors]
    .sort((x, y) => (x.name < y.name ? -1 : 1))
    .map(({ name, datatype, shape, data }) => {
      const bytes = Array.isArray(data)
        ? JSON.stringify(data.map((element) => Buffer.from(element as string).toString('base64')))
        : sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return `${name} ${datatype} ${shape.join()} ${bytes}`;
    });
  return parts.join('\n');
}
