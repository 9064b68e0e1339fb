import type { TensorSpec } from '../../core/tensor.ts';
import { exampleValue, rowSchema } from '../codecs/tensor-schema.ts';
import type { ModelFacts, OperationDoc } from '../protocol.ts';

/** OpenAPI fields of the predict route for one model. */
export function describeVertex({ name, signature }: ModelFacts): OperationDoc {
  return {
    summary: `Vertex AI predict with ${name}`,
    request: {
      type: 'object',
      properties: { instances: list(signature.inputs), parameters: { type: 'object' } },
      required: ['instances'],
      additionalProperties: false,
    },
    response: {
      type: 'object',
      properties: { predictions: list(signature.outputs) },
      required: ['predictions'],
    },
    example: { instances: [exampleRow(signature.inputs)] },
  };
}

function list(specs: readonly TensorSpec[]): object {
  const [only] = specs;
  if (specs.length === 1 && only) return { type: 'array', items: rowSchema(only) };
  const properties = Object.fromEntries(specs.map((spec) => [spec.name, rowSchema(spec)]));
  return { type: 'array', items: { type: 'object', properties, required: Object.keys(properties) } };
}

function exampleRow(specs: readonly TensorSpec[]): unknown {
  const row = (spec: TensorSpec) => exampleValue({ ...spec, shape: spec.shape?.slice(1) ?? null });
  const [only] = specs;
  if (specs.length === 1 && only) return row(only);
  return Object.fromEntries(specs.map((spec) => [spec.name, row(spec)]));
}
