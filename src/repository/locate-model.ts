import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { type MlmodelFile, readMlmodel } from '../manifest/mlmodel.ts';
import { lockName } from './lock.ts';
import { plainFile } from './model-files.ts';
import { recoverPackage } from './recover-package.ts';

/** Where the MODEL argument leads. */
export type ModelPlace =
  | {
      readonly kind: 'file';
      readonly root: string;
      readonly manifestFile?: undefined;
      readonly modelFile: string;
      /** MLflow's description of the model, where the folder has one. */
      readonly mlmodel?: MlmodelFile;
    }
  | { readonly kind: 'folder'; readonly root: string; readonly manifestFile: string }
  | {
      readonly kind: 'package';
      readonly root: string;
      readonly manifestFile: string;
      readonly packageRoot: string;
    };

export const manifestName = 'model.yaml';
export const mlmodelName = 'MLmodel';

/**
 * A file is a bare model (or, by its name, a manifest); a folder holds a lock, a manifest, MLflow's `MLmodel`, or exactly
 * one `.onnx`.
 * @throws MdeployError `MODEL_PATH_MISSING`, `MODEL_FOLDER_AMBIGUOUS`, `FILE_UNREADABLE`, `FILE_OUTSIDE`; those of
 * `readMlmodel`
 */
export async function locateModel(target: string): Promise<ModelPlace> {
  const path = resolve(target);
  const found = await find(path);
  if (!found.isDirectory()) {
    const root = dirname(path);
    if (/\.ya?ml$/i.test(path)) return { kind: 'folder', root, manifestFile: path };
    return { kind: 'file', root, modelFile: basename(path) };
  }
  const names = await list(path);
  if (names.includes(lockName)) {
    const root = join(path, 'model');
    return { kind: 'package', root, manifestFile: join(root, manifestName), packageRoot: path };
  }
  if (names.includes(manifestName))
    return { kind: 'folder', root: path, manifestFile: join(path, manifestName) };
  if (names.includes(mlmodelName)) {
    const mlmodel = await mlmodelIn(path);
    return { kind: 'file', root: path, modelFile: mlmodel.modelFile, mlmodel };
  }
  const models = names.filter((name) => name.endsWith('.onnx')).sort();
  if (models.length === 1) return { kind: 'file', root: path, modelFile: models[0]! };
  throw failure('MODEL_FOLDER_AMBIGUOUS', {
    path: target,
    count: models.length,
    files: models.slice(0, 8).join(', ') || 'none',
  });
}

async function mlmodelIn(root: string): Promise<MlmodelFile> {
  const file = await plainFile(root, mlmodelName, mlmodelName);
  const mlmodel = readMlmodel(await text(file), file);
  await plainFile(root, mlmodel.modelFile, 'flavors.onnx.data', file);
  return mlmodel;
}

async function text(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function find(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, error);
  }
  // A killed `mdeploy package` may have left the package whole, but not yet under its name.
  await recoverPackage(path);
  try {
    return await stat(path);
  } catch (error) {
    throw failure('MODEL_PATH_MISSING', { path }, { at: { file: path }, cause: error });
  }
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function unreadable(file: string, cause: unknown) {
  return failure('FILE_UNREADABLE', { file, reason: reasonOf(cause) }, { at: { file }, cause });
}
