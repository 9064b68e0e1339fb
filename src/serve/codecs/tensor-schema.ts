import type { Datatype, Dim, TensorSpec } from '../../core/tensor.ts';

/** JSON Schema (2020-12) of a tensor as nested lists; a free axis has any length, a fixed one its own. */
export function tensorSchema(spec: Pick<TensorSpec, 'datatype' | 'shape'>): object {
  const element = elementSchemas[spec.datatype];
  if (spec.shape === null) return { description: `${spec.datatype}, any shape` };
  return nest(spec.shape, element);
}

/** Schema of one row: the tensor without its first axis. */
export function rowSchema(spec: Pick<TensorSpec, 'datatype' | 'shape'>): object {
  return tensorSchema({ datatype: spec.datatype, shape: spec.shape?.slice(1) ?? null });
}

/** Schema of a tensor's values in one flat list; the length is fixed where every axis is. */
export function flatSchema({ datatype, shape }: Pick<TensorSpec, 'datatype' | 'shape'>): object {
  const length = shape?.reduce<number>(
    (product, dim) => product * (typeof dim === 'number' ? dim : Number.NaN),
    1,
  );
  const isFixed = length !== undefined && !Number.isNaN(length);
  return {
    type: 'array',
    items: elementSchemas[datatype],
    ...(isFixed && { minItems: length, maxItems: length }),
  };
}

/** A small value that fits: free axes have length one. Lists are cut at `most` items. */
export function exampleValue(spec: Pick<TensorSpec, 'datatype' | 'shape'>): unknown {
  return (spec.shape ?? [])
    .map((dim) => (typeof dim === 'number' ? dim : 1))
    .reduceRight<unknown>((value, length) => Array.from({ length }, () => value), examples[spec.datatype]);
}

function nest(shape: readonly Dim[], element: object): object {
  return shape.reduceRight<object>(
    (items, dim) => ({
      type: 'array',
      ...(typeof dim === 'number' && { minItems: dim, maxItems: dim }),
      ...(typeof dim === 'string' && dim !== '' && { description: `axis ${dim}` }),
      items,
    }),
    element,
  );
}

function integer(minimum: number, maximum: number): object {
  return { type: 'integer', minimum, maximum };
}

const elementSchemas: Readonly<Record<Datatype, object>> = {
  BOOL: { type: 'boolean' },
  UINT8: integer(0, 255),
  UINT16: integer(0, 65_535),
  UINT32: integer(0, 4_294_967_295),
  UINT64: { type: 'integer', format: 'uint64', minimum: 0 },
  INT8: integer(-128, 127),
  INT16: integer(-32_768, 32_767),
  INT32: { type: 'integer', format: 'int32' },
  INT64: { type: 'integer', format: 'int64' },
  FP16: { type: 'number' },
  FP32: { type: 'number', format: 'float' },
  FP64: { type: 'number', format: 'double' },
  BYTES: {
    anyOf: [
      { type: 'string' },
      {
        type: 'object',
        properties: { b64: { type: 'string', contentEncoding: 'base64' } },
        required: ['b64'],
        additionalProperties: false,
      },
    ],
  },
};

const examples: Readonly<Record<Datatype, unknown>> = {
  BOOL: true,
  UINT8: 0,
  UINT16: 0,
  UINT32: 0,
  UINT64: 0,
  INT8: 0,
  INT16: 0,
  INT32: 0,
  INT64: 0,
  FP16: 0.5,
  FP32: 0.5,
  FP64: 0.5,
  BYTES: 'text',
};
