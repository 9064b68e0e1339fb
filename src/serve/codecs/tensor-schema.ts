import type { Datatype, Dim, TensorSpec } from '../../core/tensor.ts';

/** JSON Schema (2020-12) of an input as nested lists: as `tensorSchema`, with one row at least. */
export function inputSchema(spec: Pick<TensorSpec, 'datatype' | 'shape'>): object {
  const schema = tensorSchema(spec);
  return typeof spec.shape?.[0] === 'string' ? { ...schema, minItems: 1 } : schema;
}

/** JSON Schema of an output as nested lists: as `tensorSchema`, with null for what is no number in JSON. */
export function outputSchema(spec: Pick<TensorSpec, 'datatype' | 'shape'>): object {
  return withFloats(spec, { type: ['number', 'null'] });
}

/** The same where such a value is the token `NaN`, `Infinity` or `-Infinity`, which no type of JSON Schema takes. */
export function tokenSchema(spec: Pick<TensorSpec, 'datatype' | 'shape'>): object {
  return withFloats(spec, floatOrToken);
}

export const floatOrToken = { description: 'A number, or one of the tokens NaN, Infinity, -Infinity' };

/** Schema of one row of an output. */
export function outputRowSchema(
  { datatype, shape }: Pick<TensorSpec, 'datatype' | 'shape'>,
  schema = outputSchema,
): object {
  return schema({ datatype, shape: shape?.slice(1) ?? null });
}

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

function withFloats({ datatype, shape }: Pick<TensorSpec, 'datatype' | 'shape'>, float: object): object {
  const isFloat = datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';
  return shape === null
    ? tensorSchema({ datatype, shape })
    : nest(shape, isFloat ? float : elementSchemas[datatype]);
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

/** The largest FP32, (2 − 2^-23) · 2^127. */
const largestFloat = (2 - 2 ** -23) * 2 ** 127;

const base64 = '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$';

const elementSchemas: Readonly<Record<Datatype, object>> = {
  BOOL: { type: 'boolean' },
  UINT8: integer(0, 255),
  UINT16: integer(0, 65_535),
  UINT32: integer(0, 4_294_967_295),
  UINT64: { ...integer(0, 2 ** 64 - 2048), format: 'uint64' },
  INT8: integer(-128, 127),
  INT16: integer(-32_768, 32_767),
  INT32: { ...integer(-2_147_483_648, 2_147_483_647), format: 'int32' },
  // The bounds that a number of JavaScript can tell; the server itself is exact up to 2^63.
  INT64: { ...integer(-(2 ** 63), 2 ** 63 - 1024), format: 'int64' },
  FP16: { type: 'number', minimum: -65_504, maximum: 65_504 },
  FP32: { type: 'number', format: 'float', minimum: -largestFloat, maximum: largestFloat },
  FP64: { type: 'number', format: 'double' },
  BYTES: {
    anyOf: [
      { type: 'string' },
      {
        type: 'object',
        properties: { b64: { type: 'string', contentEncoding: 'base64', pattern: base64 } },
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
