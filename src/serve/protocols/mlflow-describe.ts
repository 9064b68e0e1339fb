import type { TensorSpec } from '../../core/tensor.ts';
import { exampleValue, inputSchema, outputRowSchema, outputSchema } from '../codecs/tensor-schema.ts';
import type { ModelFacts, OperationDoc } from '../protocol.ts';

/** OpenAPI fields of `/invocations` for one model. */
export function describeInvocation({ name, signature }: ModelFacts): OperationDoc {
  const { inputs, outputs } = signature;
  const byName = objectOf(inputs, inputSchema);
  const [only] = inputs;
  const list = { type: 'array' };
  return {
    summary: `MLflow invocations of ${name}`,
    request: {
      oneOf: [
        field('inputs', inputs.length === 1 && only ? { anyOf: [byName, inputSchema(only)] } : byName),
        field('instances', list),
        field('dataframe_split', {
          type: 'object',
          properties: { columns: list, data: { type: 'array', items: list } },
          required: ['data'],
        }),
        field('dataframe_records', { type: 'array', items: { type: 'object' } }),
      ],
    },
    response: field('predictions', {
      anyOf: [
        objectOf(outputs, outputSchema),
        { type: 'array', items: objectOf(outputs, (spec) => outputRowSchema(spec)) },
      ],
    }),
    example: { inputs: Object.fromEntries(inputs.map((spec) => [spec.name, exampleValue(spec)])) },
  };
}

function objectOf(specs: readonly TensorSpec[], schema: (spec: TensorSpec) => object): object {
  const properties = Object.fromEntries(specs.map((spec) => [spec.name, schema(spec)]));
  return { type: 'object', properties, required: Object.keys(properties) };
}

function field(name: string, schema: object): object {
  return { type: 'object', properties: { [name]: schema }, required: [name] };
}
