import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { failure, type MdeployError } from '../../core/errors/error.ts';
import { reasonOf } from '../../core/files.ts';
import { relativePathProblem } from '../../core/names.ts';
import type { Sniffed } from '../sniffed.ts';
import { sniffHuggingFace } from './hugging-face.ts';

/** Tells what the file inside is. */
export type Detect = (path: string) => Promise<Sniffed & { readonly warnings: readonly string[] }>;

/** An MLmodel file is small. */
const maxTextBytes = 1024 ** 2;

/**
 * SavedModel, MLflow and Hugging Face folders, and folders with exactly one model file.
 * @throws MdeployError `CONVERT_FORMAT_UNKNOWN`, and those of `detectFormat` for the file inside
 */
export async function sniffFolder(folder: string, detect: Detect): Promise<Sniffed> {
  if (existsSync(join(folder, 'saved_model.pb'))) return { format: 'saved-model' };
  if (existsSync(join(folder, 'MLmodel'))) return mlflow(folder, detect);
  const names = readdirSync(folder).sort();
  const huggingFace = await sniffHuggingFace(folder, names, detect);
  if (huggingFace) return huggingFace;
  const models = names.filter((name) => endings.some((ending) => name.toLowerCase().endsWith(ending)));
  const [only, ...others] = models;
  if (only !== undefined && others.length === 0) return inside(join(folder, only), detect);
  throw unknown(
    folder,
    only === undefined
      ? 'it holds no saved_model.pb, MLmodel, config.json with weights, or model file'
      : `it holds several model files (${models.slice(0, 4).join(', ')}); name one of them`,
  );
}

// Endings that are not also those of data or notes.
const endings = [
  '.onnx',
  '.pt',
  '.pth',
  '.pt2',
  '.keras',
  '.h5',
  '.tflite',
  '.pkl',
  '.joblib',
  '.skops',
  '.cbm',
  '.ubj',
];

async function inside(path: string, detect: Detect, words = ''): Promise<Sniffed> {
  const { warnings: _, ...found } = await detect(path);
  return { ...found, what: `${words}${found.what}` };
}

interface MlModel {
  readonly flavors?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
}

/** Flavours in order of preference, and the key under which each names its file (mlflow.models.Model). */
const flavors: readonly (readonly [string, readonly string[]])[] = [
  ['onnx', ['data']],
  ['sklearn', ['pickled_model']],
  ['xgboost', ['data']],
  ['lightgbm', ['data']],
  ['catboost', ['data']],
  ['keras', ['data']],
  ['tensorflow', ['saved_model_dir', 'data']],
  ['pytorch', ['model_data']],
];

async function mlflow(folder: string, detect: Detect): Promise<Sniffed> {
  const file = join(folder, 'MLmodel');
  const declared = readMlModel(file).flavors ?? {};
  const names = Object.keys(declared);
  for (const [flavor, keys] of flavors) {
    const data = keys.map((key) => declared[flavor]?.[key]).find((value) => typeof value === 'string');
    if (typeof data !== 'string') continue;
    if (relativePathProblem(data) !== undefined)
      throw unknown(folder, `its MLmodel names the file "${data}"`);
    return inside(within(folder, data), detect, 'an MLflow folder with ');
  }
  throw unknown(
    folder,
    `it is an MLflow folder of the flavours ${names.join(', ') || 'none'}, none of which has a converter`,
  );
}

// Some flavours name a folder: `data/model.keras`, or pytorch's `data` with `model.pth` in it.
function within(folder: string, data: string): string {
  const path = join(folder, data);
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const inner = ['model.keras', 'model.pth', 'model'].map((name) => join(path, name));
  return inner.find((candidate) => existsSync(candidate)) ?? path;
}

function readMlModel(file: string): MlModel {
  try {
    if (statSync(file).size > maxTextBytes) throw unknown(file, 'it is too large for an MLmodel file');
    const document: unknown = parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 });
    return typeof document === 'object' && document !== null ? (document as MlModel) : {};
  } catch (cause) {
    throw unknown(file, `its MLmodel cannot be read: ${reasonOf(cause).split('\n')[0]}`);
  }
}

function unknown(file: string, reason: string): MdeployError {
  return failure('CONVERT_FORMAT_UNKNOWN', { file, reason }, { at: { file } });
}
