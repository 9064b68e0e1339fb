import { constants, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { openOutput } from '../core/output-folder.ts';
import { type RecipeName, recipeNames } from '../manifest/defaults.ts';
import { dropFilledInputs } from '../onnx/fixed-inputs.ts';
import { signatureOf } from '../onnx/signature.ts';
import { compilePipeline, type Pipeline } from '../pipeline/pipeline.ts';
import type { EnvironmentOptions } from '../python/options.ts';
import { graphSource } from '../repository/load-version.ts';
import { openModel } from '../repository/open-model.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import type { GraphSource } from '../runtime/graph-source.ts';
import { type Data, type Evidence, gatherEvidence } from './evidence.ts';
import { type Court, judgeVariant } from './judge.ts';
import { type KeepIf, keepIfOf, type WantedIf } from './keep-if.ts';
import { makeAll } from './make-all.ts';
import { bytesOf, filesOf, raceAgainst } from './measure.ts';
import { recipesOf } from './recipes.ts';
import { type OptimizationReport, reportOf, rowsOf } from './report.ts';
import { chooseServed, fillFolder } from './serve-winner.ts';
import type { Variant } from './variant.ts';
import { writeReport } from './write-report.ts';

export interface OptimizeOptions extends EnvironmentOptions {
  /** The folder to make; default: `./<name>-optimized`. */
  readonly output?: string;
  readonly force: boolean;
  /** Instead of those of the manifest, or all. */
  readonly recipes?: readonly RecipeName[];
  /** Over those of the manifest. */
  readonly keepIf: WantedIf;
  /** Arrays of real inputs, as the graph takes them. */
  readonly data?: Data;
  /** Keep variants that only made-up inputs speak for. */
  readonly trustsMadeUp: boolean;
  /** Share of weights that `pruned` sets to zero. */
  readonly prune: number;
  /** Share of channels that `fewer-channels` removes. */
  readonly channels: number;
  /** For the race of one variant. */
  readonly budgetMs: number;
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  readonly warn: (text: string) => void;
  /** Writes the text of model.yaml for a model file: `init` knows how. */
  readonly planManifest: (modelFile: string, name: string, manifestFile: string) => Promise<string>;
}

/**
 * Makes variants of a model, measures each in our own runtime on this machine, keeps those that meet every condition, and
 * writes a folder that serves the best of them.
 * @throws MdeployError of the optimize, python, manifest, model and probe areas; `OUTPUT_EXISTS`, `FILE_UNWRITABLE`
 */
export async function optimize(target: string, options: OptimizeOptions): Promise<OptimizationReport> {
  options.progress(`Reading ${target}`);
  const opened = await openModel(target);
  const { manifest } = opened;
  const { inputs, outputs } = manifest;
  const pipeline = await compilePipeline(manifest, { inputs, outputs });
  const keepIf = keepIfOf(manifest.optimize?.keep_if, options.keepIf);
  const wanted = recipesOf(options.recipes ?? manifest.optimize?.recipes ?? recipeNames);
  const folder = options.output ?? `${manifest.name}-optimized`;
  const output = await openOutput(folder, options.force);
  try {
    const court = await assemble(opened, pipeline, keepIf, options);
    tellEvidence(court.evidence, options, wanted);
    const work = join(output.work, '..', 'variants');
    await mkdir(work, { recursive: true });
    const model = await makeable(opened, court, work);
    const { made, versions, environment } = await makeAll(wanted, { ...options, model, work, target }, court);
    const variants: Variant[] = [];
    for (const recipe of wanted) {
      const found = made.find(({ name }) => name === recipe.name)!;
      variants.push(await judgeVariant(found, recipe, court));
    }
    const served = chooseServed(variants, keepIf);
    options.progress(`Writing ${folder}`);
    const written = await fillFolder(
      output.work,
      { opened, pipeline, court, variants, served, work },
      options,
    );
    const report = await reportOf({
      target,
      folder,
      opened,
      court,
      served,
      versions,
      environment,
      ...written,
    });
    await writeReport(output.work, report);
    await output.commit();
    return report;
  } finally {
    await output.discard();
  }
}

async function assemble(
  opened: OpenedModel,
  pipeline: Pipeline,
  keepIf: KeepIf,
  { data, budgetMs, progress, trustsMadeUp }: OptimizeOptions,
): Promise<Court> {
  const { manifest, onnx, modelPath } = opened;
  const { timeout_ms: timeoutMs, max_memory_bytes: maxMemoryBytes } = manifest.runtime.probe;
  const caps = { timeoutMs, maxMemoryBytes };
  const source = await graphSource(opened);
  progress('Asking the original');
  const evidence = await gatherEvidence(opened, pipeline, source, data, caps);
  progress('Timing the original against itself');
  const control = await raceAgainst(source, source, evidence.request, { ...caps, budgetMs });
  return {
    original: {
      source,
      bytes: source.bytes ?? (await readFile(modelPath)),
      signature: signatureOf(onnx),
      fileBytes: await bytesOf(filesOf(onnx, modelPath)),
      isWhole: onnx.externalData.length === 0,
    },
    evidence,
    keepIf,
    caps,
    trustsMadeUp,
    noise: Math.abs(control.faster_by - 1),
    originalMs: control.original_ms,
    budgetMs,
    progress,
  };
}

// Tools that change graphs know neither ZipMap, which the runtime does not get to see either, nor inputs that are weights.
// Weights beside the file are found from where it lies, by what is made of it as well.
async function makeable(
  { modelPath, onnx }: OpenedModel,
  { original }: Court,
  work: string,
): Promise<GraphSource> {
  if (!original.isWhole) {
    for (const file of filesOf(onnx, modelPath).slice(1)) {
      const beside = join(work, relative(dirname(modelPath), file));
      await mkdir(dirname(beside), { recursive: true });
      await copyFile(file, beside, constants.COPYFILE_FICLONE);
    }
    return original.source;
  }
  const bytes = dropFilledInputs(original.bytes, onnx.irVersion);
  if (bytes.length === original.bytes.length && original.source.bytes === undefined)
    return { ...original.source, path: modelPath };
  const path = join(work, 'original.onnx');
  await writeFile(path, bytes);
  return { ...original.source, path, bytes };
}

/** Of fewer rows a share such as 99 % cannot be told. */
const enoughRows = 100;

function tellEvidence(
  { origin, isShared, judged }: Evidence,
  { warn, note }: OptimizeOptions,
  recipes: readonly { readonly name: RecipeName }[],
): void {
  const isCalibrated = recipes.some(({ name }) => name === 'int8-static');
  if (origin === 'made up')
    warn(
      'The model has no samples: variants are judged, and int8-static calibrated, with made-up inputs. Real ones (--data inputs.npz) say more.',
    );
  else if (rowsOf(judged) < enoughRows)
    warn(`Few rows judge the variants (${rowsOf(judged)}): a share such as 99% needs ${enoughRows} or more.`);
  if (origin !== 'made up' && isCalibrated && isShared)
    note('int8-static is calibrated with the inputs that it is judged by; --data gives it others.');
}
