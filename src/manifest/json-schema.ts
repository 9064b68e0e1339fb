import * as z from 'zod';
import { manifestSchema } from './schema.ts';

/** One node of the published JSON Schema, as far as it is read here. */
export interface SchemaNode {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly minimum?: number;
  readonly maximum?: number;
}

export const schemaId = 'https://unpkg.com/mdeploy/dist/model.schema.json';

/** The JSON Schema (draft 2020-12) of what may be written in a model.yaml, for editors. */
export function manifestJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(manifestSchema, { io: 'input', override: keepExamples });
  const sizeless = JSON.parse(JSON.stringify(schema, withoutEngineBounds)) as Record<string, unknown>;
  return {
    $schema,
    $id: schemaId,
    title: 'mdeploy model.yaml',
    description: 'One model and how it is served, by mdeploy.',
    ...sizeless,
    examples: [{ name: 'iris', model: { path: 'model.onnx' } }],
  };
}

let known: SchemaNode | undefined;

/** Made once: a file may have thousands of mistakes. */
function root(): SchemaNode {
  known ??= manifestJsonSchema() as SchemaNode;
  return known;
}

/** The settings that the schema knows at a place of the manifest; empty where there are none. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let node: SchemaNode | undefined = root();
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[String(part)];
  return Object.keys(node?.properties ?? {});
}

/** Every place that has a setting of this name: `timeout_ms` → `serving.timeout_ms`, … */
export function placesOf(key: string): string[] {
  const found: string[] = [];
  const walk = (node: SchemaNode, path: string) => {
    for (const [name, inner] of Object.entries(node.properties ?? {})) {
      const here = path === '' ? name : `${path}.${name}`;
      if (name === key) found.push(here);
      walk(inner, here);
    }
    if (node.items) walk(node.items, `${path}[]`);
  };
  walk(root(), '');
  return found;
}

// zod drops the examples of values that are normalised; they are written as a user would write them, so they hold.
function keepExamples({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  const examples = z.globalRegistry.get(zodSchema)?.examples;
  if (Array.isArray(examples)) jsonSchema.examples = examples;
}

// zod writes JavaScript's safe integer range as bounds, which says nothing to a reader.
function withoutEngineBounds(key: string, value: unknown): unknown {
  const isBound = key === 'maximum' || key === 'minimum';
  return isBound && Math.abs(value as number) === Number.MAX_SAFE_INTEGER ? undefined : value;
}
