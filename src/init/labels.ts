import { textProblem } from '../core/names.ts';
import type { Signature } from '../core/tensor.ts';
import type { OnnxModel } from '../onnx/model.ts';

/** More names than this belong into a labels_file, which `init` does not write. */
const maxInlineLabels = 1000;
const metadataKeys = ['names', 'labels', 'classes', 'class_names', 'classlabels', 'id2label'];

/** Class names that the model file carries, for the outputs whose last axis they fit. */
export function findLabels(onnx: OnnxModel, { outputs }: Signature): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { output, labels } of onnx.zipMaps) if (areFit(labels)) found.set(output, labels);
  if (found.size > 0) return found;
  for (const key of metadataKeys) {
    const labels = parseNames(onnx.metadata.get(key));
    const output = outputs.find(
      ({ shape }) => shape !== null && shape.length >= 2 && shape.at(-1) === labels?.length,
    );
    if (labels && output && areFit(labels)) return found.set(output.name, labels);
  }
  return found;
}

function areFit(labels: readonly string[]): boolean {
  const areText = labels.every((label) => textProblem(label, 256) === undefined);
  return labels.length > 0 && labels.length <= maxInlineLabels && areText;
}

/** `["cat", "dog"]`, `{"0": "cat", "1": "dog"}`, and Python's way of printing both. */
function parseNames(text: string | undefined): readonly string[] | undefined {
  if (text === undefined || text.length > 64 * 1024) return undefined;
  const names = parseJson(text) ?? parseJson(pythonToJson(text));
  const list = Array.isArray(names) ? names : fromIndex(names);
  return list?.every((name) => typeof name === 'string') ? list : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pythonToJson(text: string): string {
  return text.replace(/([{,]\s*)(\d+)\s*:/g, '$1"$2":').replace(/'([^'"\\]*)'/g, '"$1"');
}

function fromIndex(names: unknown): unknown[] | undefined {
  if (typeof names !== 'object' || names === null) return undefined;
  const entries = Object.entries(names);
  return entries.every(([key], index) => key === String(index)) ? entries.map(([, name]) => name) : undefined;
}
