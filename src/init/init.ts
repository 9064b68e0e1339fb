import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { writeFileAtomic } from '../core/files.ts';
import { checkManifest, firstOf } from '../manifest/check.ts';
import { completeManifest } from '../manifest/complete.ts';
import { inferName } from '../manifest/infer.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { readModel } from '../onnx/read-model.ts';
import { signatureOf } from '../onnx/signature.ts';
import { findModel } from './find-model.ts';
import { guess } from './guess.ts';
import { renderManifest } from './render.ts';

export interface InitOptions {
  /** Name of the model; made from the file name when left out. */
  readonly name?: string;
  /** Where to write; `model.yaml` beside the model file when left out. */
  readonly output?: string;
}

export interface InitPlan {
  /** Absolute path of the manifest to write. */
  readonly file: string;
  readonly text: string;
  readonly manifest: Manifest;
  /** What was found in the model file, one line each. */
  readonly notes: readonly string[];
}

/**
 * Looks into a model file and plans a commented model.yaml; writes nothing. What is planned was read back and agreed
 * with the model file.
 * @param model a model file, or a folder with exactly one `.onnx` file
 * @throws MdeployError `INIT_MODEL`, `INIT_OUTSIDE`, and every fault of reading the model file
 */
export async function planInit(model: string, options: InitOptions = {}): Promise<InitPlan> {
  const modelFile = resolve(await findModel(model));
  const onnx = await readModel(modelFile);
  const signature = signatureOf(onnx);
  const file = resolve(options.output ?? join(dirname(modelFile), 'model.yaml'));
  const path = pathFrom(dirname(file), modelFile);
  const text = await renderManifest({
    name: options.name ?? inferName(modelFile),
    path,
    signature,
    onnx,
    guesses: guess(onnx, signature),
  });
  const { draft, problems, locate } = checkManifest(text, file, { environment: {} });
  if (draft === undefined) throw firstOf(problems);
  const { manifest } = completeManifest(draft, { signature, locate });
  return { file, text, manifest, notes: guess(onnx, signature).notes };
}

/** @throws MdeployError `INIT_EXISTS` unless `force`, `FILE_UNWRITABLE` */
export async function writeInit(plan: InitPlan, force: boolean): Promise<void> {
  if (!force && existsSync(plan.file))
    throw failure('INIT_EXISTS', { file: plan.file }, { at: { file: plan.file } });
  await writeFileAtomic(plan.file, plan.text);
}

function pathFrom(folder: string, modelFile: string): string {
  const path = relative(folder, modelFile).split(sep).join('/');
  if (path.startsWith('../') || resolve(folder, path) !== modelFile)
    throw failure('INIT_OUTSIDE', { model: modelFile, folder });
  return path;
}
