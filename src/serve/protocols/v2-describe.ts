import type { TensorSpec } from '../../core/tensor.ts';
import { exampleValue, flatSchema, outputSchema } from '../codecs/tensor-schema.ts';
import type { ModelFacts, OperationDoc } from '../protocol.ts';

/** OpenAPI fields of `POST /v2/models/NAME/infer` for one model, in its JSON form. */
export function describeInfer({ name, signature }: ModelFacts): OperationDoc {
  const { inputs, outputs } = signature;
  return {
    summary: `Open Inference v2 with ${name}`,
    request: object(
      {
        id: { type: ['string', 'null'] },
        inputs: { type: 'array', items: { anyOf: inputs.map(tensor) }, minItems: inputs.length },
        outputs: {
          type: ['array', 'null'],
          items: object({ name: { enum: outputs.map((output) => output.name) } }),
        },
      },
      ['inputs'],
    ),
    response: object(
      {
        model_name: { type: 'string' },
        model_version: { type: 'string' },
        id: { type: 'string' },
        outputs: { type: 'array', items: { anyOf: outputs.map(outputTensor) } },
      },
      ['model_name', 'outputs'],
    ),
    example: { inputs: inputs.map(exampleTensor) },
  };
}

function tensor(spec: TensorSpec): object {
  return object({ ...tensorFields(spec), data: flatSchema(spec) });
}

function tensorFields(spec: TensorSpec) {
  return { name: { const: spec.name }, datatype: { const: spec.datatype }, shape: shapeSchema(spec) };
}

function outputTensor(spec: TensorSpec): object {
  return object({ ...tensorFields(spec), data: outputSchema({ ...spec, shape: [''] }) });
}

function shapeSchema({ shape }: TensorSpec): object {
  if (shape?.every((dim) => typeof dim === 'number')) return { const: shape };
  const items = { type: 'integer', minimum: 0 };
  return { type: 'array', items, ...(shape && { minItems: shape.length, maxItems: shape.length }) };
}

function exampleTensor(spec: TensorSpec): object {
  const shape = (spec.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
  const data = [exampleValue({ ...spec, shape })].flat(shape.length + 1);
  return { name: spec.name, datatype: spec.datatype, shape, data };
}

function object(properties: Readonly<Record<string, object>>, required = Object.keys(properties)): object {
  return { type: 'object', properties, required };
}
