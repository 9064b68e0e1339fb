import type { Dim, Signature, TensorSpec } from '../core/tensor.ts';
import type { OnnxModel } from '../onnx/model.ts';
import { findLabels } from './labels.ts';

/** What the model probably is. Only labels go into the manifest as settings; the rest is offered as comments. */
export interface Guesses {
  readonly framework?: string;
  /** Class names by output. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** The input that looks like a picture. */
  readonly image?: ImageInput;
  /** The output that holds one value per class. */
  readonly scores?: ClassScores;
  readonly notes: readonly string[];
}

export interface ClassScores {
  readonly name: string;
  readonly classes: number;
  /** Nothing in the graph makes probabilities of them. */
  readonly areLogits: boolean;
  /** The model has no other output. */
  readonly isOnly: boolean;
}

export interface ImageInput {
  readonly name: string;
  readonly mode: 'gray' | 'rgb';
  /** Height and width; undefined where the model takes any. */
  readonly size?: readonly [number, number];
  /** 8-bit values as they come, or numbers that are usually scaled to 0…1. */
  readonly scaled: boolean;
}

export function guess(onnx: OnnxModel, signature: Signature): Guesses {
  const framework = frameworkOf(onnx.producer.name);
  const labels = findLabels(onnx, signature);
  const image = signature.inputs.length === 1 ? imageInput(signature.inputs[0]!) : undefined;
  const scores = scoresOf(onnx, signature);
  const notes: string[] = [];
  for (const [name, found] of labels)
    notes.push(`${found.length} labels for ${name} found in the model file`);
  if (image) notes.push(`${image.name} looks like a picture (${image.mode}); see preprocess`);
  if (scores) notes.push(`${scores.name} looks like ${scores.classes} class scores; see postprocess`);
  return {
    ...(framework !== undefined && { framework }),
    labels,
    ...(image && { image }),
    ...(scores && { scores }),
    notes,
  };
}

function frameworkOf(producer: string): string | undefined {
  const known = frameworks.find(([pattern]) => pattern.test(producer));
  return known?.[1];
}

const frameworks: readonly (readonly [RegExp, string])[] = [
  [/^pytorch/i, 'pytorch'],
  [/^(?:tf2onnx|keras2onnx|tensorflow)/i, 'tensorflow'],
  [/^skl2onnx/i, 'sklearn'],
  [/^catboost/i, 'catboost'],
  [/^paddle/i, 'paddle'],
  [/caffe2/i, 'caffe2'],
];

// Rank 4 with 1 or 3 channels in the second (NCHW) or last place (NHWC), and sides that are free or at least 8 long.
function imageInput({ name, datatype, shape }: TensorSpec): ImageInput | undefined {
  if (shape?.length !== 4 || (datatype !== 'FP32' && datatype !== 'UINT8')) return undefined;
  const [, first, middle, last] = shape as [Dim, Dim, Dim, Dim];
  const [channels, height, width] = isChannels(first) ? [first, middle, last] : [last, first, middle];
  if (!isChannels(channels) || !isSide(height) || !isSide(width)) return undefined;
  return {
    name,
    mode: channels === 1 ? 'gray' : 'rgb',
    ...(typeof height === 'number' && typeof width === 'number' && { size: [height, width] as const }),
    scaled: datatype === 'FP32',
  };
}

function isChannels(dim: Dim): boolean {
  return dim === 1 || dim === 3;
}

function isSide(dim: Dim): boolean {
  return typeof dim === 'string' || dim >= 8;
}

function scoresOf(onnx: OnnxModel, { outputs }: Signature): ClassScores | undefined {
  const found = outputs.filter(
    ({ datatype, shape }) =>
      datatype === 'FP32' && shape?.length === 2 && typeof shape[1] === 'number' && shape[1] >= 2,
  );
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) return undefined;
  // A classifier that names the class itself; top_k would give its outputs the same names.
  if (outputs.some(({ name }) => ['label', 'index', 'score'].includes(name))) return undefined;
  const areLogits = !onnx.operators.some(({ name }) => /^(?:Softmax|Sigmoid|.*Classifier)$/.test(name));
  return { name: only.name, classes: Number(only.shape?.[1]), areLogits, isOnly: outputs.length === 1 };
}
