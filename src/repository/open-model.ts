import { dirname, join } from 'node:path';
import { loadManifest } from '../manifest/check.ts';
import { completeManifest } from '../manifest/complete.ts';
import { inferDraft } from '../manifest/infer.ts';
import type { ManifestDraft } from '../manifest/schema.ts';
import type { Locate } from '../manifest/yaml.ts';
import { checkExternalData } from '../onnx/external-data.ts';
import { readModel } from '../onnx/read-model.ts';
import { signatureOf } from '../onnx/signature.ts';
import { checkVersions } from '../onnx/versions.ts';
import { locateModel } from './locate-model.ts';
import { readLock } from './lock.ts';
import { plainFile, readLabelFiles } from './model-files.ts';
import type { OpenedModel } from './opened-model.ts';
import { localeFolder, packagedLocales } from './packaged-locales.ts';
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
  const { draft, warnings, locate } = await draftOf(place);
  // A bare file was named by hand, and may well be a link into some cache.
  const modelPath =
    place.kind === 'file'
      ? join(place.root, place.modelFile)
      : await plainFile(place.root, draft.model.path, 'model.path', place.manifestFile);
  const onnx = await readModel(modelPath);
  checkVersions(onnx);
  const external = await checkExternalData(onnx, modelPath);
  const labelFiles = await readLabelFiles(place.root, draft, place.manifestFile);
  const completed = completeManifest(draft, { signature: signatureOf(onnx), locate, labelFiles });
  const samples = draft.samples.flatMap((sample) => [sample.inputs, sample.outputs]);
  for (const sample of samples) await plainFile(place.root, sample, 'samples', place.manifestFile);
  const folder = dirname(draft.model.path);
  const files = [
    draft.model.path,
    ...external.map((path) => (folder === '.' ? path : `${folder}/${path}`)),
    ...labelFiles.keys(),
    ...samples,
  ];
  return {
    kind: place.kind,
    root: place.root,
    ...(place.manifestFile !== undefined && { manifestFile: place.manifestFile }),
    manifest: options.name === undefined ? completed.manifest : { ...completed.manifest, name: options.name },
    onnx,
    modelPath,
    files: [...new Set(files)].sort(),
    warnings: [...warnings, ...completed.warnings],
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

async function draftOf(place: Awaited<ReturnType<typeof locateModel>>): Promise<Draft> {
  if (place.manifestFile !== undefined) return loadManifest(place.manifestFile);
  const draft = inferDraft(join(place.root, place.modelFile));
  return { draft, warnings: [], locate: () => ({}) };
}
