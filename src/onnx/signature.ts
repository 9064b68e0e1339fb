import { failure } from '../core/errors/error.ts';
import type { Dim, Signature, TensorSpec } from '../core/tensor.ts';
import type { OnnxModel, OnnxValue, ZipMap } from './model.ts';

/**
 * The tensors that callers see. A ZipMap output counts as the matrix behind it, FP32 of shape [rows, classes],
 * which is what `removeZipMaps` turns it into.
 * @throws MdeployError `MODEL_TYPE_UNSUPPORTED` for sequences, maps, optionals, bfloat16, complex and sub-byte types
 */
export function signatureOf(model: OnnxModel): Signature {
  const zipMaps = new Map(model.zipMaps.map((zipMap) => [zipMap.output, zipMap]));
  return {
    inputs: model.inputs.map((value) => toSpec(model, value, 'input')),
    outputs: model.outputs.map((value) => {
      const zipMap = zipMaps.get(value.name);
      return zipMap
        ? { name: value.name, datatype: 'FP32', shape: zipMapShape(model, zipMap) }
        : toSpec(model, value, 'output');
    }),
  };
}

/** [rows, classes]: the rows are the batch axis of the first input. An unknown number of classes is `''`. */
export function zipMapShape(model: OnnxModel, zipMap: ZipMap): readonly [Dim, Dim] {
  const rows = model.inputs[0]?.shape?.[0] ?? '';
  return [rows, zipMap.labels.length > 0 ? zipMap.labels.length : ''];
}

function toSpec(model: OnnxModel, value: OnnxValue, role: 'input' | 'output'): TensorSpec {
  const { name, datatype, type, shape } = value;
  if (datatype === undefined)
    throw failure(
      'MODEL_TYPE_UNSUPPORTED',
      { file: model.file, role, name, type },
      { at: { file: model.file, path: `graph.${role}` }, field: name, received: type },
    );
  return { name, datatype, shape };
}
