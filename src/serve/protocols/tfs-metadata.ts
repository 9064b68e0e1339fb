import type { TensorSpec } from '../../core/tensor.ts';
import type { ModelFacts } from '../protocol.ts';
import { dtypeEnums } from './tfs-dtypes.ts';
import { versionNumber } from './tfs-versions.ts';

/** `GetModelMetadataResponse` as TF Serving prints it, with its doubled `signature_def` and sizes as strings. */
export function metadataJson({ name, version, signature }: ModelFacts): string {
  const document = {
    model_spec: { name, signature_name: '', version: versionNumber(version) },
    metadata: {
      signature_def: {
        signature_def: {
          serving_default: {
            inputs: tensorInfos(signature.inputs),
            outputs: tensorInfos(signature.outputs),
            method_name: 'tensorflow/serving/predict',
            defaults: {},
          },
        },
      },
    },
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function tensorInfos(specs: readonly TensorSpec[]): object {
  // fromEntries makes own properties, whatever the names are.
  return Object.fromEntries(specs.map((spec) => [spec.name, tensorInfo(spec)]));
}

function tensorInfo({ name, datatype, shape }: TensorSpec): object {
  const dim = (shape ?? []).map((length) => ({
    size: typeof length === 'number' ? String(length) : '-1',
    name: typeof length === 'string' ? length : '',
  }));
  return {
    dtype: dtypeEnums[datatype],
    tensor_shape: { dim, unknown_rank: shape === null },
    name: `${name}:0`,
  };
}
