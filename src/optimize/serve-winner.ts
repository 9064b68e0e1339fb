import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from '../core/tensor.ts';
import type { Sample } from '../manifest/manifest.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { probeModel } from '../runtime/probe.ts';
import type { Court } from './judge.ts';
import type { KeepIf } from './keep-if.ts';
import type { Variant } from './variant.ts';
import { copyModel, fitSamples, variantFile, writeManifest, writeSamples } from './write-folder.ts';

/** The fastest of those kept; the smallest where only size was asked for. Undefined: the original stays. */
export function chooseServed(variants: readonly Variant[], { faster_by }: KeepIf): Variant | undefined {
  const kept = variants.filter(({ verdict }) => verdict === 'kept');
  const gain = ({ measured }: Variant) =>
    (faster_by === undefined ? measured?.smaller_by : measured?.faster_by) ?? 0;
  return [...kept].sort((a, b) => gain(b) - gain(a))[0];
}

interface Filling {
  readonly opened: OpenedModel;
  readonly pipeline: Pipeline;
  readonly court: Court;
  readonly variants: readonly Variant[];
  readonly served: Variant | undefined;
  /** Where the variants lie. */
  readonly work: string;
}

interface Filled {
  /** With the files of those kept. */
  readonly variants: readonly Variant[];
  /** Samples that the served variant answers otherwise, so that its model.yaml does without them. */
  readonly leftOut: readonly string[];
}

/** Writes the original, the variants that are kept, and a model.yaml that serves the best. */
export async function fillFolder(
  folder: string,
  filling: Filling,
  options: { planManifest: (modelFile: string, name: string, manifestFile: string) => Promise<string> },
): Promise<Filled> {
  const { opened, work, served } = filling;
  const { manifest, manifestFile } = opened;
  await copyModel(opened, folder, served === undefined);
  const variants: Variant[] = [];
  for (const variant of filling.variants) {
    if (variant.verdict !== 'kept') {
      variants.push(variant);
      continue;
    }
    const file = variantFile(manifest.model.path, variant.name);
    await copyFile(join(work, `${variant.name}.onnx`), join(folder, file));
    variants.push({ ...variant, file });
  }
  const text =
    manifestFile === undefined
      ? await options.planManifest(
          join(folder, manifest.model.path),
          manifest.name,
          join(folder, 'model.yaml'),
        )
      : await readFile(manifestFile, 'utf8');
  const { samples, left } = await samplesFor(folder, filling);
  const modelPath = served ? variantFile(manifest.model.path, served.name) : manifest.model.path;
  await writeManifest(folder, { text, modelPath, samples });
  return { variants, leftOut: left };
}

async function samplesFor(
  folder: string,
  { opened, pipeline, court, served, work }: Filling,
): Promise<{ readonly samples: readonly Sample[]; readonly left: readonly string[] }> {
  const { manifest } = opened;
  const isPlain = pipeline.prepare === null && pipeline.finish === null;
  const named = new Map(manifest.samples.map((sample) => [sample.inputs, sample] as const));
  const isMadeUp = court.evidence.origin === 'made up' && isPlain;
  const samples = isMadeUp ? await writeSamples(folder, court.evidence) : named;
  if (served === undefined) return { samples: [...samples.values()], left: [] };
  const answers = await answersOf(join(work, `${served.name}.onnx`), court);
  const byFile = new Map(
    [...samples].flatMap(([name, { inputs }]) => {
      const found = answers.get(name);
      return found ? [[inputs, found] as const] : [];
    }),
  );
  return fitSamples([...samples.values()], folder, pipeline, byFile);
}

async function answersOf(path: string, { original, evidence, caps }: Court) {
  const { bytes: _, ...likeOriginal } = original.source;
  const source = { ...likeOriginal, path };
  const { runs } = await probeModel(source, { ...caps, inputs: evidence.judged.map(({ inputs }) => inputs) });
  return new Map<string, readonly Tensor[]>(
    runs.flatMap((run, index) => (run.ok ? [[evidence.judged[index]!.name, run.outputs] as const] : [])),
  );
}
