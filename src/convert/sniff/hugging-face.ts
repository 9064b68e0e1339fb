import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../../core/errors/error.ts';
import { reasonOf } from '../../core/files.ts';
import type { Sniffed } from '../sniffed.ts';

/** A config.json is small. */
const maxConfigBytes = 1024 ** 2;

/** Weights that transformers reads with PyTorch; safetensors first, as it does itself. */
const safetensors = /\.safetensors$/;
const pickled = /^pytorch_model.*\.bin$/;
/** Of other frameworks: such a folder is known, but cannot be read. */
const foreign = /^(?:tf_model\.h5|flax_model\.msgpack|.*\.gguf)$/;

/**
 * A folder that `save_pretrained` has written: config.json with weights beside it.
 * @param detect looks into a file of weights, which may be a pickle
 * @returns undefined when it is none
 * @throws MdeployError `CONVERT_UNSUPPORTED`, `CONVERT_DAMAGED`, and those of `detect`
 */
export async function sniffHuggingFace(
  folder: string,
  names: readonly string[],
  detect: (path: string) => Promise<Sniffed>,
): Promise<Sniffed | undefined> {
  if (!names.includes('config.json')) return undefined;
  const isSafe = names.some((name) => safetensors.test(name));
  const pickles = isSafe ? [] : names.filter((name) => pickled.test(name));
  if (!isSafe && pickles.length === 0) {
    const other = names.find((name) => foreign.test(name));
    if (other !== undefined) throw unsupported(folder, other);
    return undefined;
  }
  const scans: Sniffed[] = [];
  for (const name of pickles) scans.push(await detect(join(folder, name)));
  const broken = scans.find((scan) => scan.broken !== undefined)?.broken;
  const [architecture] = architecturesOf(folder);
  return {
    format: 'huggingface',
    ...(architecture !== undefined && { what: `a Hugging Face model folder (${architecture})` }),
    globals: scans.flatMap(({ globals = [] }) => globals),
    ...(broken !== undefined && { broken }),
  };
}

function architecturesOf(folder: string): readonly string[] {
  const file = join(folder, 'config.json');
  try {
    const { size } = statSync(file);
    if (size > maxConfigBytes) throw new Error(`it has ${size} bytes`);
    const config: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const { architectures } = Object(config) as { readonly architectures?: unknown };
    return Array.isArray(architectures) ? architectures.filter((name) => typeof name === 'string') : [];
  } catch (cause) {
    throw failure(
      'CONVERT_DAMAGED',
      { file, reason: `it is no configuration of a model: ${reasonOf(cause)}` },
      { at: { file }, cause },
    );
  }
}

function unsupported(folder: string, weights: string) {
  const what = `a Hugging Face model folder with no weights for PyTorch (only ${weights})`;
  return failure('CONVERT_UNSUPPORTED', { file: folder, what }, { at: { file: folder } });
}
