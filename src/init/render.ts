import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import type { Signature, TensorSpec } from '../core/tensor.ts';
import { readableDim } from '../manifest/tensors.ts';
import type { OnnxModel } from '../onnx/model.ts';
import type { Guesses } from './guess.ts';
import { inline } from './inline.ts';
import { postprocessComment, preprocessComment } from './steps.ts';

export interface RenderInput {
  readonly name: string;
  /** Relative to the manifest. */
  readonly path: string;
  readonly signature: Signature;
  readonly onnx: OnnxModel;
  readonly guesses: Guesses;
}

declare const MDEPLOY_BUILD: 'cli' | 'server' | undefined;

/** Fills templates/init/model.yaml; every value goes through the YAML serializer. */
export async function renderManifest({ name, path, signature, onnx, guesses }: RenderInput): Promise<string> {
  const values: Readonly<Record<string, string>> = {
    name: inline(name),
    description: inline(describe(onnx)),
    path: inline(path),
    framework: guesses.framework === undefined ? '' : `  framework: ${inline(guesses.framework)}\n`,
    inputs: signature.inputs.map((tensor) => tensorLine(tensor)).join('\n'),
    outputs: signature.outputs
      .map((tensor) => tensorLine(tensor, guesses.labels.get(tensor.name)))
      .join('\n'),
    preprocess: preprocessComment(guesses.image),
    postprocess: postprocessComment(guesses.scores),
    repository:
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, '') || 'model',
  };
  const template = await readTemplate();
  return template.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? '');
}

async function readTemplate(): Promise<string> {
  const up = typeof MDEPLOY_BUILD === 'undefined' ? '../..' : '..';
  const file = fileURLToPath(new URL(`${up}/templates/init/model.yaml`, import.meta.url));
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(cause) }, { at: { file }, cause });
  }
}

function tensorLine({ name, datatype, shape }: TensorSpec, labels?: readonly string[]): string {
  const axes = shape?.map((dim, axis) => readableDim(dim, axis));
  return `  - ${inline({ name, datatype, ...(axes && { shape: axes }), ...(labels && { labels }) })}`;
}

function describe({ docString }: OnnxModel): string {
  const printable = docString.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+/gu, ' ').replace(/\$\{/g, '{');
  const clean = printable.replace(/\s+/g, ' ').trim();
  return clean.length > 120 ? `${clean.slice(0, 119).toWellFormed()}…` : clean;
}
