import { basename, join } from 'node:path';
import { asMdeployError, failure } from '../core/errors/error.ts';
import { loadManifest } from '../manifest/check.ts';
import { completeManifest } from '../manifest/complete.ts';
import { inferDraft } from '../manifest/infer.ts';
import { withMlmodel } from '../manifest/mlmodel.ts';
import { placedIn } from '../manifest/place.ts';
import type { ManifestDraft } from '../manifest/schema.ts';
import type { Locate } from '../manifest/yaml.ts';
import { checkExternalData } from '../onnx/external-data.ts';
import { readModel } from '../onnx/read-model.ts';
import { signatureOf } from '../onnx/signature.ts';
import { checkVersions } from '../onnx/versions.ts';
import { conversionFiles } from './conversion.ts';
import { locateModel, type ModelPlace } from './locate-model.ts';
import { readLock } from './lock.ts';
import { filesOf, plainFile, readLabelFiles } from './model-files.ts';
import type { OpenedModel } from './opened-model.ts';
import { localeFolder, packagedLocales } from './packaged-locales.ts';
import { openVariants } from './variants.ts';
import { verifyLock } from './verify-lock.ts';

export interface OpenOptions {
  /** Served name instead of the manifest's; already proven against its grammar. */
  readonly name?: string;
}

/**
 * Reads what the MODEL argument names: manifest, graph, side files, a package's lock. Nothing is loaded into the
 * runtime, so this is safe on any file.
 * @param target a bare model file, a folder, or a package
 * @throws MdeployError of the manifest, model and package areas
 */
export async function openModel(target: string, options: OpenOptions = {}): Promise<OpenedModel> {
  const place = await locateModel(target);
  const localePath = place.kind === 'package' ? await provePackage(place.packageRoot) : undefined;
  const written = await draftOf(place);
  return open(place, written, options, localePath).catch((error: unknown) => {
    throw placedIn(asMdeployError(error), written.locate);
  });
}

async function open(
  place: ModelPlace,
  { draft, warnings, locate }: Draft,
  options: OpenOptions,
  localePath: string | undefined,
): Promise<OpenedModel> {
  // A bare file was named by hand, and may well be a link into some cache.
  const modelPath =
    place.kind === 'file'
      ? join(place.root, place.modelFile)
      : await plainFile(place.root, draft.model.path, 'model.path', place.manifestFile);
  const onnx = await readModel(modelPath);
  if (onnx.outputs.length === 0) throw failure('MODEL_NO_OUTPUT', { file: basename(modelPath) });
  checkVersions(onnx);
  const external = await checkExternalData(onnx, modelPath);
  const variants = await openVariants(place.root, place.manifestFile, draft.variants, signatureOf(onnx));
  const labelFiles = await readLabelFiles(place.root, draft, place.manifestFile);
  const signature = signatureOf(onnx);
  const told = place.kind === 'file' && place.mlmodel ? withMlmodel(draft, place.mlmodel, signature) : draft;
  const completed = completeManifest(told, { signature, locate, labelFiles });
  for (const [index, sample] of draft.samples.entries())
    for (const part of ['inputs', 'outputs'] as const)
      await plainFile(place.root, sample[part], `samples[${index}].${part}`, place.manifestFile);
  return {
    kind: place.kind,
    root: place.root,
    ...(place.manifestFile !== undefined && { manifestFile: place.manifestFile }),
    manifest: options.name === undefined ? completed.manifest : { ...completed.manifest, name: options.name },
    onnx,
    modelPath,
    variants,
    files: filesOf(draft, external, [
      ...(place.kind === 'file' ? [] : conversionFiles(place.root)),
      ...variants.flatMap(({ files }) => files),
    ]),
    warnings: [...warnings, ...completed.warnings],
    locate,
    ...(localePath !== undefined && { localePath }),
  };
}

// The runtime and server are code that is running already; what is about to be loaded is proven here.
async function provePackage(root: string): Promise<string | undefined> {
  const lock = await readLock(root);
  await verifyLock(root, lock, { layers: ['model', 'manifest'], folders: [localeFolder] });
  return packagedLocales(root, lock);
}

interface Draft {
  readonly draft: ManifestDraft;
  readonly warnings: readonly string[];
  readonly locate: Locate;
}

async function draftOf(place: ModelPlace): Promise<Draft> {
  if (place.manifestFile !== undefined) return loadManifest(place.manifestFile);
  const inferred = { warnings: [], locate: () => ({}) };
  const { root, modelFile, mlmodel } = place;
  if (!mlmodel) return { draft: inferDraft(join(root, modelFile)), ...inferred };
  // Named after the folder that MLflow has made.
  const draft = inferDraft(join(root, 'model.onnx'));
  return { draft: { ...draft, model: { ...draft.model, path: modelFile } }, ...inferred };
}
