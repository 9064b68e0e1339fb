import type { Datatype, TensorSpec } from '../../core/tensor.ts';
import type { Catalogue, ModelFacts, RawCall, RawReply, ServerFacts } from '../protocol.ts';
import { json, platform, target, tensorMetadata } from './v2-models.ts';

/** A type as Triton's model configuration names it. */
export type ConfigType = `TYPE_${Exclude<Datatype, 'BYTES'> | 'STRING'}`;

/**
 * `$model_configuration_response` of Triton's model configuration extension.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`; `MODEL_NOT_READY` while the server starts
 */
export function modelConfig(call: RawCall, catalogue: Catalogue, server: ServerFacts): RawReply {
  return json(configOf(target(call, catalogue, server)));
}

/** The part of Triton's ModelConfig that there is here. The dims are whole, with their batch: so `max_batch_size` is 0. */
export function configOf({ name, signature }: ModelFacts) {
  return {
    name,
    platform,
    backend: 'onnxruntime',
    max_batch_size: 0,
    input: signature.inputs.map(tensorConfig),
    output: signature.outputs.map(tensorConfig),
  };
}

function tensorConfig(spec: TensorSpec) {
  const { name, shape: dims } = tensorMetadata(spec);
  const { datatype } = spec;
  const data_type: ConfigType = datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`;
  return { name, data_type, dims };
}
