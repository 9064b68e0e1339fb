import type { TensorSpec } from '../../core/tensor.ts';
import {
  exampleValue,
  inputSchema,
  outputRowSchema,
  outputSchema,
  rowSchema,
  tensorSchema,
} from '../codecs/tensor-schema.ts';
import type { ModelFacts, OperationDoc } from '../protocol.ts';
import { wrappers } from './plain-decode.ts';
import { hasBatchAxis } from './plain-fit.ts';

/** OpenAPI fields of `POST /predict` for one model. */
export function describePlain({ name, signature }: ModelFacts): OperationDoc {
  const { inputs, outputs } = signature;
  const [only] = inputs;
  const value = inputs.length === 1 && only ? rowOrRows(only) : byName(inputs, rowOrRows);
  return {
    summary: `Predict with ${name}: one row or many`,
    request: {
      anyOf: [
        ...wrappers.map((wrapper) => object({ [wrapper]: value })),
        byName(inputs, rowOrRows),
        ...(inputs.length === 1 ? [value] : []),
      ],
    },
    response: object({ predictions: predictions(outputs) }),
    example: example(inputs),
  };
}

function predictions(outputs: readonly TensorSpec[]): object {
  const [only] = outputs;
  if (outputs.length === 1 && only) return rowOrRows(only);
  if (!outputs.every(({ shape }) => shape === null || hasBatchAxis(shape)))
    return byName(outputs, outputSchema);
  const answer = byName(outputs, (spec) => outputRowSchema(spec));
  return { anyOf: [answer, { type: 'array', items: answer }] };
}

function rowOrRows(spec: TensorSpec): object {
  if (!hasBatchAxis(spec.shape)) return tensorSchema(spec);
  return { anyOf: [rowSchema(spec), inputSchema(spec)] };
}

function example(inputs: readonly TensorSpec[]): unknown {
  const [only] = inputs;
  if (inputs.length === 1 && only) return { features: exampleValue(only) };
  return { inputs: Object.fromEntries(inputs.map((spec) => [spec.name, exampleValue(spec)])) };
}

function byName(specs: readonly TensorSpec[], schema: (spec: TensorSpec) => object): object {
  return object(Object.fromEntries(specs.map((spec) => [spec.name, schema(spec)])));
}

function object(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}
