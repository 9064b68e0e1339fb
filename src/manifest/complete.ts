import { type ErrorLocation, failure, type MdeployError } from '../core/errors/error.ts';
import type { Signature, TensorSpec } from '../core/tensor.ts';
import { firstOf } from './check.ts';
import type { InputField, Manifest, OutputField, TensorField } from './manifest.ts';
import type { ManifestDraft } from './schema.ts';
import { agreeTensors } from './tensors.ts';
import type { Locate } from './yaml.ts';

export interface CompleteOptions {
  /** What the model file says of itself. */
  readonly signature: Signature;
  /** From the check of the manifest, so that problems name line and column; left out for an inferred draft. */
  readonly locate?: Locate;
  /** Contents of every `labels_file`, by the path written. */
  readonly labelFiles?: ReadonlyMap<string, readonly string[]>;
}

/**
 * The last stage of the belt: the draft agreed with the model file, nothing left open.
 * @throws MdeployError the first of `MANIFEST_TENSOR_…`, `MANIFEST_LABELS_COUNT`, the rest in `details.others`
 */
export function completeManifest(
  draft: ManifestDraft,
  { signature, locate = () => ({}), labelFiles = new Map() }: CompleteOptions,
): { readonly manifest: Manifest; readonly warnings: readonly string[] } {
  const problems: MdeployError[] = [];
  const taken = agreeTensors('input', draft.inputs, signature.inputs, locate, problems);
  const inputs = taken.map((tensor) => withColumns(tensor, draft, locate, problems));
  const agreed = agreeTensors('output', draft.outputs, signature.outputs, locate, problems);
  const outputs = agreed.map((tensor) => withLabels(tensor, draft, labelFiles, locate, problems));
  if (problems.length > 0) throw firstOf(problems);
  return { manifest: assemble(draft, inputs, outputs), warnings: warningsOf(outputs) };
}

function withColumns(
  tensor: TensorField,
  draft: ManifestDraft,
  locate: Locate,
  problems: MdeployError[],
): InputField {
  const index = draft.inputs.findIndex(({ name }) => name === tensor.name);
  const columns = draft.inputs[index]?.columns;
  if (columns === undefined) return tensor;
  const wrong = columnsProblem(tensor.name, columns, tensor, locate(['inputs', index, 'columns']));
  if (wrong) problems.push(wrong);
  return { ...tensor, columns };
}

/** What is wrong with the columns of an input; undefined when there is one value for each, or nobody knows. */
export function columnsProblem(
  name: string,
  columns: readonly string[],
  tensor: Pick<TensorSpec, 'shape'> | undefined,
  at: ErrorLocation = {},
): MdeployError | undefined {
  const last = tensor?.shape ? (tensor.shape.length < 2 ? 1 : tensor.shape.at(-1)) : undefined;
  if (tensor !== undefined && (typeof last !== 'number' || last === columns.length)) return undefined;
  const expected = typeof last === 'number' ? last : 'no';
  const received = columns.length;
  const details = { at, expected: `${expected} columns`, received: `${received} columns` };
  return failure('MANIFEST_COLUMNS_COUNT', { name, expected, received }, details);
}

function withLabels(
  tensor: TensorField,
  draft: ManifestDraft,
  labelFiles: ReadonlyMap<string, readonly string[]>,
  locate: Locate,
  problems: MdeployError[],
): OutputField {
  const index = draft.outputs.findIndex(({ name }) => name === tensor.name);
  const written = draft.outputs[index];
  const file = written?.labels_file;
  const labels = file === undefined ? written?.labels : labelFiles.get(file);
  if (labels === undefined) {
    // The caller reads label files; forgetting one is no fault of the user.
    if (file !== undefined) throw new TypeError(`the content of labels_file ${file} was not given`);
    return tensor;
  }
  const expected = tensor.shape?.at(-1);
  if (typeof expected === 'number' && expected !== labels.length) {
    const at = locate(['outputs', index, file === undefined ? 'labels' : 'labels_file']);
    const details = { at, expected: `${expected} labels`, received: `${labels.length} labels` };
    const params = { name: tensor.name, expected, received: labels.length };
    problems.push(failure('MANIFEST_LABELS_COUNT', params, details));
  }
  return { ...tensor, labels, ...(file !== undefined && { labels_file: file }) };
}

function assemble(draft: ManifestDraft, inputs: InputField[], outputs: OutputField[]): Manifest {
  const { path, format, framework } = draft.model;
  const { max_body_size, ...serving } = draft.serving;
  const { probe, ...runtime } = draft.runtime;
  const { repository, max_size, ...image } = draft.image;
  return {
    schema_version: 1,
    name: draft.name,
    version: draft.version,
    description: draft.description,
    model: { path, format, ...(framework !== undefined && { framework }) },
    inputs,
    outputs,
    preprocess: draft.preprocess,
    postprocess: draft.postprocess,
    samples: draft.samples,
    serving: { ...serving, max_body_bytes: max_body_size },
    runtime: { ...runtime, probe: { timeout_ms: probe.timeout_ms, max_memory_bytes: probe.max_memory } },
    image: {
      ...image,
      ...(repository !== undefined && { repository }),
      ...(max_size !== undefined && { max_size_bytes: max_size }),
    },
    variants: draft.variants,
    ...(draft.optimize && { optimize: draft.optimize }),
  };
}

function warningsOf(outputs: readonly OutputField[]): string[] {
  return outputs
    .filter(({ labels, shape }) => labels !== undefined && typeof shape?.at(-1) !== 'number')
    .map(({ name }) => `The model does not say how many values "${name}" has; its labels were not counted.`);
}
