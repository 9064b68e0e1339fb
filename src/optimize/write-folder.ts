import { copyFile, mkdir } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { parseDocument } from 'yaml';
import { compareTensors } from '../core/compare.ts';
import { writeFileAtomic } from '../core/files.ts';
import type { Tensor } from '../core/tensor.ts';
import type { ModelVariant, Sample } from '../manifest/manifest.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { conversionName } from '../repository/conversion.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { readSample, writeSample } from '../repository/samples.ts';
import type { Evidence } from './evidence.ts';

/** `models/net.onnx` and `fp16` → `models/net.fp16.onnx`. */
export function variantFile(modelPath: string, name: string): string {
  const { dir, name: stem } = posix.parse(modelPath);
  return posix.join(dir, `${stem}.${name}.onnx`);
}

/**
 * Copies what the original needs: model, external data, labels, samples, and the proof of its conversion, unless another
 * model than the one it proves is served.
 */
export async function copyModel(
  { root, files }: OpenedModel,
  folder: string,
  servesOriginal: boolean,
): Promise<void> {
  for (const file of files) {
    if (file === conversionName && !servesOriginal) continue;
    const to = join(folder, file);
    await mkdir(dirname(to), { recursive: true });
    await copyFile(join(root, file), to);
  }
}

export interface ManifestPlan {
  /** model.yaml of the original, or what `init` writes for a bare file. */
  readonly text: string;
  readonly modelPath: string;
  readonly variants: readonly ModelVariant[];
  readonly samples: readonly Sample[];
}

/** The manifest with another model file, variants or samples; comments stay. */
export async function writeManifest(
  folder: string,
  { text, modelPath, variants, samples }: ManifestPlan,
): Promise<void> {
  const document = parseDocument(text);
  document.setIn(['model', 'path'], modelPath);
  if (variants.length > 0) document.set('variants', document.createNode(variants));
  else document.delete('variants');
  if (samples.length > 0) document.set('samples', document.createNode(samples));
  else document.delete('samples');
  await writeFileAtomic(
    join(folder, 'model.yaml'),
    document.toString({ lineWidth: 0, flowCollectionPadding: false }),
  );
}

/**
 * The samples that the chosen variant answers, each with the tolerance that this takes. The right answers stay those of
 * the original; a sample whose label the variant turns is left out.
 * @param root folder of the samples
 * @param answers of the chosen variant by `inputs` of a sample, as the graph gives them
 */
export async function fitSamples(
  samples: readonly Sample[],
  root: string,
  { userSignature, finish }: Pipeline,
  answers: ReadonlyMap<string, readonly Tensor[]>,
): Promise<{ readonly samples: readonly Sample[]; readonly left: readonly string[] }> {
  const fitting: Sample[] = [];
  const left: string[] = [];
  for (const sample of samples) {
    const expected = await readSample(join(root, sample.outputs), userSignature.outputs, { partial: true });
    const outputs = answers.get(sample.inputs);
    const actual = outputs && finish ? await finish(outputs) : outputs;
    const fitted = actual && withTolerance(sample, actual, expected);
    if (fitted) fitting.push(fitted);
    else left.push(sample.inputs);
  }
  return { samples: fitting, left };
}

/** Of a difference that was measured here, other processors may make a little more. */
const margin = 1.25;

function withTolerance(
  sample: Sample,
  actual: readonly Tensor[],
  expected: readonly Tensor[],
): Sample | undefined {
  let { atol } = sample.tolerance;
  for (const tensor of expected) {
    const found = actual.find(({ name }) => name === tensor.name);
    if (!found) return undefined;
    const { ok, maxAbs } = compareTensors(found, tensor, { ...sample.tolerance, atol });
    if (ok) continue;
    if (!Number.isFinite(maxAbs) || !tensor.datatype.startsWith('FP')) return undefined;
    atol = Math.max(atol, Number((maxAbs * margin).toPrecision(3)));
  }
  return { ...sample, tolerance: { ...sample.tolerance, atol } };
}

/** Larger made-up inputs are not written down. */
const maxSampleElements = 100_000;

/** The made-up inputs as samples by the names of their feeds, with the original's answers. */
export async function writeSamples(folder: string, evidence: Evidence): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  for (const [index, { name, inputs }] of evidence.judged.entries()) {
    const expected = evidence.expected[index]!;
    const elements = [...inputs, ...expected].reduce((sum, { data }) => sum + data.length, 0);
    if (elements > maxSampleElements || samples.size === 8) continue;
    await mkdir(join(folder, 'samples'), { recursive: true });
    const files = {
      inputs: `samples/${fileName(name)}.in.json`,
      outputs: `samples/${fileName(name)}.out.json`,
    };
    await writeSample(join(folder, files.inputs), inputs);
    await writeSample(join(folder, files.outputs), expected);
    samples.set(name, { ...files, tolerance: { rtol: 1e-4, atol: 1e-5 } });
  }
  return samples;
}

function fileName(name: string): string {
  return basename(name).replace(/[^\w.-]+/g, '-');
}
