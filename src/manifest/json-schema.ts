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
  return Object.keys(nodeAt(path)?.properties ?? {});
}

/** Whether a manifest cannot do without the setting; the whole of it counts as one. */
export function isRequiredAt(path: readonly PropertyKey[]): boolean {
  const key = path.at(-1);
  return key === undefined || (nodeAt(path.slice(0, -1))?.required ?? []).includes(String(key));
}

/** How the setting may be written: `path: model.onnx`; undefined where the schema has no example. */
export function exampleAt(path: readonly PropertyKey[]): string | undefined {
  const key = String(path.at(-1) ?? '');
  const node = nodeAt(path);
  const example = node?.examples?.[0];
  if (typeof example === 'string') return `${key}: ${example}`;
  const needed = (node?.required ?? []).map((inner) => exampleAt([...path, inner]));
  return needed.length === 0 || needed.includes(undefined) ? undefined : `${key}: {${needed.join(', ')}}`;
}

function nodeAt(path: readonly PropertyKey[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = root();
  for (const part of path) node = typeof part === 'number' ? node?.items : node?.properties?.[String(part)];
  return node;
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
