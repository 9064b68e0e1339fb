import { failure } from '../../core/errors/error.ts';
import type { TensorSpec } from '../../core/tensor.ts';
import { invalid, type Scalar } from '../codecs/json-fields.ts';

type Parameters = ReadonlyMap<string, Scalar>;

/**
 * Refuses what would change the meaning of an input and is not done here. Other parameters are notes between clients
 * and servers, such as MLServer's `content_type: np`, and change nothing.
 * @throws MdeployError `FEATURE_UNSUPPORTED`
 */
export function refuseInputParameters(parameters: Parameters, { name }: TensorSpec): void {
  refuseSharedMemory(parameters, `Input "${name}"`);
  if (parameters.get('content_type') === 'base64') {
    const feature = `content_type "base64" (input "${name}")`;
    const instead = 'Send binary strings as {"b64": "..."} in data, or as binary tensor data.';
    throw failure('FEATURE_UNSUPPORTED', { feature, instead }, { field: name });
  }
}

/** @throws MdeployError `FEATURE_UNSUPPORTED` */
export function refuseSharedMemory(parameters: Parameters, what: string): void {
  if (!parameters.has('shared_memory_region')) return;
  const feature = `${what} in shared memory`;
  throw failure('FEATURE_UNSUPPORTED', { feature, instead: 'Send and receive the tensor in the body.' });
}

/**
 * Checks the parameters of a whole request. `priority` and `timeout` are for the queue; `sequence_*` are passed over as
 * Triton does for models without sequences; names that begin with `triton_` are reserved there.
 * @param taken those of them that the protocol knows
 * @throws MdeployError `REQUEST_INVALID`
 */
export function checkRequestParameters(parameters: Parameters, taken: readonly string[] = []): void {
  for (const name of parameters.keys()) {
    if (name.startsWith('triton_') && !taken.includes(name))
      throw invalid(
        `parameters.${name}`,
        `parameter keys starting with 'triton_' are reserved.`,
        'Rename it.',
      );
  }
  for (const name of ['priority', 'timeout']) {
    const value = parameters.get(name) ?? 0;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) continue;
    throw invalid(
      `parameters.${name}`,
      `parameter '${name}' is ${JSON.stringify(value)}, not a whole number.`,
      name === 'priority' ? 'Send 1 for the most urgent, larger numbers for others.' : 'Send microseconds.',
    );
  }
}

/** A parameter that is true, false or not there. @throws MdeployError `REQUEST_INVALID` */
export function readFlag(parameters: Parameters, name: string, field: string): boolean | undefined {
  const value = parameters.get(name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalid(
    `${field}.${name}`,
    `"${field}.${name}" is ${value}, not true or false.`,
    'Send true or false.',
  );
}
