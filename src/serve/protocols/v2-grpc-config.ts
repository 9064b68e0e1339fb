import { DataType, ModelConfigRequest, ModelConfigResponse } from '../proto/open-inference.gen.ts';
import type { Catalogue, ServerFacts } from '../protocol.ts';
import { configOf } from './v2-config.ts';
import { target } from './v2-models.ts';

/**
 * Triton's ModelConfig, as over REST.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`; `MODEL_NOT_READY` while the server starts
 */
export function modelConfigMessage(body: Uint8Array, catalogue: Catalogue, server: ServerFacts): Uint8Array {
  const { name, version } = ModelConfigRequest.decode(body);
  const params = { name, version: version === '' ? undefined : version };
  const {
    max_batch_size: maxBatchSize,
    input,
    output,
    ...config
  } = configOf(target({ params }, catalogue, server));
  const messages = (tensors: typeof input) =>
    tensors.map((tensor) => ({
      name: tensor.name,
      dataType: DataType[tensor.data_type],
      dims: BigInt64Array.from(tensor.dims, BigInt),
    }));
  return ModelConfigResponse.encode({
    config: { ...config, maxBatchSize, input: messages(input), output: messages(output) },
  });
}
