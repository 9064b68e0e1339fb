import type { TensorSpec } from '../../core/tensor.ts';
import { exampleValue, flatSchema } from '../codecs/tensor-schema.ts';
import type { ModelFacts, OperationDoc } from '../protocol.ts';

/** OpenAPI fields of `POST /v2/models/NAME/infer` for one model, in its JSON form. */
export function describeInfer({ name, signature }: ModelFacts): OperationDoc {
  const { inputs, outputs } = signature;
  return {
    summary: `Open Inference v2 with ${name}`,
    request: object(
      {
        id: { type: 'string' },
        inputs: { type: 'array', items: { anyOf: inputs.map(tensor) } },
        outputs: { type: 'array', items: object({ name: { enum: outputs.map((output) => output.name) } }) },
      },
      ['inputs'],
    ),
    response: object(
      {
        model_name: { type: 'string' },
        model_version: { type: 'string' },
        id: { type: 'string' },
        outputs: { type: 'array', items: { anyOf: outputs.map(tensor) } },
      },
      ['model_name', 'outputs'],
    ),
    example: { inputs: inputs.map(exampleTensor) },
  };
}

function tensor(spec: TensorSpec): object {
  return object({
    name: { const: spec.name },
    datatype: { const: spec.datatype },
    shape: shapeSchema(spec),
    data: flatSchema(spec),
  });
}

function shapeSchema({ shape }: TensorSpec): object {
  const length = { type: 'integer', minimum: 0 };
  if (shape === null) return { type: 'array', items: length };
  const prefixItems = shape.map((dim) => (typeof dim === 'number' ? { const: dim } : length));
  return { type: 'array', prefixItems, minItems: shape.length, maxItems: shape.length };
}

function exampleTensor(spec: TensorSpec): object {
  const shape = (spec.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
  const data = [exampleValue({ ...spec, shape })].flat(shape.length + 1);
  return { name: spec.name, datatype: spec.datatype, shape, data };
}

function object(properties: Readonly<Record<string, object>>, required = Object.keys(properties)): object {
  return { type: 'object', properties, required };
}
