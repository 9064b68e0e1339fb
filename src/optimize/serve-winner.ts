import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Machine, thisMachine } from '../core/machine.ts';
import type { Tensor } from '../core/tensor.ts';
import { variantArchs } from '../manifest/defaults.ts';
import type { ModelVariant, Sample } from '../manifest/manifest.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { probeModel } from '../runtime/probe.ts';
import type { Court } from './judge.ts';
import type { KeepIf } from './keep-if.ts';
import type { Variant } from './variant.ts';
import { copyModel, fitSamples, variantFile, writeManifest, writeSamples } from './write-folder.ts';

/** What is served in place of the original, and where. */
export interface Served {
  readonly variant: Variant;
  /**
   * Machines that it was shown to be faster on: it becomes one of the manifest's variants, and others serve the original.
   * Absent where only size was asked for, which is the same everywhere: it takes the original's place.
   */
  readonly when?: ModelVariant['when'];
}

/** The fastest of those kept; the smallest where only size was asked for. Undefined: the original stays. */
export function chooseServed(
  variants: readonly Variant[],
  { faster_by }: KeepIf,
  machine: Machine = thisMachine(),
): Served | undefined {
  const kept = variants.filter(({ verdict }) => verdict === 'kept');
  const gain = ({ measured }: Variant) =>
    (faster_by === undefined ? measured?.smaller_by : measured?.faster_by) ?? 0;
  const [variant] = [...kept].sort((a, b) => gain(b) - gain(a));
  if (!variant) return undefined;
  const arch = variantArchs.find((known) => known === machine.arch);
  if (faster_by === undefined || arch === undefined) return { variant };
  const feature = telling[arch].find((name) => machine.cpu.has(name));
  return { variant, when: { arch, cpu: feature === undefined ? [] : [feature] } };
}

/** Features that decide how fast int8 and half precision are, the strongest first. */
const telling: Readonly<Record<ModelVariant['when']['arch'], readonly string[]>> = {
  x64: ['avx512_vnni', 'avx_vnni', 'avx512f', 'avx2'],
  arm64: ['i8mm', 'asimddp'],
};

interface Filling {
  readonly opened: OpenedModel;
  readonly pipeline: Pipeline;
  readonly court: Court;
  readonly variants: readonly Variant[];
  readonly served: Served | undefined;
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
  const isReplaced = served !== undefined && served.when === undefined;
  await copyModel(opened, folder, !isReplaced);
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
  const path = served && variantFile(manifest.model.path, served.variant.name);
  await writeManifest(folder, {
    text,
    modelPath: isReplaced && path ? path : manifest.model.path,
    variants: path && served.when ? [{ path, when: served.when }] : [],
    samples,
  });
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
  const answers = await answersOf(join(work, `${served.variant.name}.onnx`), court);
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
