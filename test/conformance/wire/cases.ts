import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Tensor } from '../../../src/core/tensor.ts';
import { readTensor, type StoredTensor, type Tolerance } from '../../fixtures.ts';

/** One backend test of ONNX: a model, inputs, and the outputs it must give. */
export interface WireCase {
  /** `node/test_abs`. */
  readonly name: string;
  /** The name it is served under. */
  readonly served: string;
  readonly modelPath: string;
  /** What onnxruntime itself makes of it. */
  readonly runtime: 'ok' | 'unsupported' | 'differs';
  readonly tolerance: Tolerance;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** The first type in it that is no tensor of ours: `sequence`, `bfloat16`. */
  readonly foreign?: string;
}

interface CaseFile {
  readonly onnxruntime: WireCase['runtime'];
  readonly tolerance: Tolerance;
  readonly inputs: Record<string, StoredTensor>;
  readonly outputs: Record<string, StoredTensor>;
}

/** Every case below a folder: `<kind>/<name>/model.onnx` beside golden.json or case.json. */
export function readCases(folder: string): WireCase[] {
  return globSync('*/*/{golden,case}.json', { cwd: folder })
    .sort()
    .map((file) => readCase(folder, file.replaceAll('\\', '/')));
}

function readCase(folder: string, file: string): WireCase {
  const name = dirname(file);
  const written = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CaseFile;
  const { onnxruntime: runtime, tolerance } = written;
  const modelPath = join(folder, name, 'model.onnx');
  const head = { name, served: name.replace('/', '.'), modelPath, runtime, tolerance };
  const foreign = [...Object.values(written.inputs), ...Object.values(written.outputs)].find(({ dtype }) =>
    foreignTypes.has(dtype),
  );
  if (foreign) return { ...head, inputs: [], outputs: [], foreign: foreign.dtype };
  return { ...head, inputs: tensors(written.inputs), outputs: tensors(written.outputs) };
}

function tensors(stored: Record<string, StoredTensor>): Tensor[] {
  return Object.entries(stored).map(([name, tensor]) => readTensor(name, tensor, ''));
}

/** `none` is an optional without a value. */
const foreignTypes = new Set(['sequence', 'none', 'map', 'bfloat16']);
