import { manifestJsonSchema, type SchemaNode } from '../../src/manifest/json-schema.ts';
import { laterKeys } from '../../src/manifest/later.ts';
import { cell } from './table.ts';

/** docs/manifest.md: every setting of model.yaml, from the one schema. */
export function manifestPage(): string {
  const root = manifestJsonSchema() as SchemaNode;
  return `${head}${tables(root, '', '`model.yaml`')}${later()}${tail}`;
}

function tables(node: SchemaNode, path: string, title: string): string {
  const rows = Object.entries(node.properties ?? {}).map(([key, inner]) => row(key, inner, node));
  const own = `## ${title}\n\n${node.description && path ? `${node.description}\n\n` : ''}| Key | Value | Default | What |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n\n`;
  const below = Object.entries(node.properties ?? {}).map(([key, inner]) => {
    const here = path === '' ? key : `${path}.${key}`;
    if (inner.properties) return tables(inner, here, `\`${here}\``);
    return inner.items?.properties ? tables(inner.items, `${here}[]`, `\`${here}[]\``) : '';
  });
  return own + below.join('');
}

function row(key: string, node: SchemaNode, parent: SchemaNode): string {
  const what = `${node.description ?? ''}${examples(node)}`;
  return `| \`${key}\` | ${cell(kind(node))} | ${cell(fallback(key, node, parent))} | ${cell(what)} |`;
}

function kind(node: SchemaNode): string {
  if (node.title) return node.title;
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(', ');
  if (node.properties) return 'settings';
  if (node.anyOf) return [...new Set(node.anyOf.map(kind))].join(' or ');
  if (node.type === 'array') return `list: ${node.items ? kind(node.items) : 'values'}`;
  if (node.type === 'object') return 'names and texts';
  if (node.type === 'integer') return `whole number${range(node)}`;
  return [node.type ?? 'any']
    .flat()
    .map((type) => words.get(type) ?? type)
    .join(' or ');
}

const words = new Map([
  ['string', 'text'],
  ['number', 'number'],
  ['null', 'nothing'],
]);

function range({ minimum, maximum }: SchemaNode): string {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  return minimum === undefined ? '' : ` ≥ ${minimum}`;
}

function fallback(key: string, node: SchemaNode, parent: SchemaNode): string {
  if (parent.required?.includes(key)) return '**required**';
  if (node.default === undefined || node.properties) return '';
  const { default: value } = node;
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

function examples({ examples: given }: SchemaNode): string {
  if (!given) return '';
  const shown = given.map(
    (value) => `\`${typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '')}\``,
  );
  return ` For example ${shown.join(', ')}.`;
}

function later(): string {
  const names = [...laterKeys].flatMap(([path, keys]) =>
    keys.map((key) => `\`${path ? `${path}.` : ''}${key}\``),
  );
  return `## Known, not yet supported

These settings have a meaning reserved for them. They are refused, with an answer of their own, because a setting that
would be ignored is an error: ${names.join(', ')}.

`;
}

const head = `# model.yaml

<!-- Made by \`npm run docs\` from src/manifest/schema.ts; do not edit. -->

One file says what a model is and how it is served. \`name\` and \`model.path\` are enough:

\`\`\`yaml
name: iris
model: {path: model.onnx}
\`\`\`

The rest is taken from the model file or has a default. \`mdeploy init model.onnx\` writes such a file with comments. A
bare \`.onnx\` file works without any.

For completion and checks in an editor, make this the first line:

\`\`\`yaml
# yaml-language-server: $schema=https://unpkg.com/mdeploy/dist/model.schema.json
\`\`\`

The same schema is in the package: \`mdeploy/schema\`.

## Rules

- The file is one YAML 1.2 document in UTF-8, up to 256 KiB and 32 levels. Anchors, aliases, merge keys, tags and keys
  written twice are refused.
- Unknown keys are errors. Every error names file, line, column and key path; all errors of a file are found at once.
- Texts are on one line, without control characters and marks that turn the direction of writing.
- Paths are relative to the manifest and stay inside its folder, with forward slashes.
- Sizes are bytes or have a unit: \`64MiB\`, \`200 MB\`. Times are milliseconds.
- Datatypes are \`BOOL\`, \`UINT8\` … \`UINT64\`, \`INT8\` … \`INT64\`, \`FP16\`, \`FP32\`, \`FP64\`, \`BYTES\`. Other spellings are understood:
  \`float32\`, \`TYPE_FP32\`, \`DT_FLOAT\`, \`tensor(float)\`, \`string\`.
- A shape lists every axis, the batch axis too. An axis of any length has a name (\`batch\`); \`-1\`, \`null\` and \`"?"\` leave the
  name to the model file. A name is for people: two axes of the same name may have different lengths.
- \`inputs\` and \`outputs\` describe the tensors of the model file, also when \`preprocess\` and \`postprocess\` have steps. You may
  narrow a free axis to a length; everything else must agree with the file.
- A step is a name, or one pair of name and options: \`postprocess: [softmax, {top_k: 3}]\`.
- \`\${VAR}\` and \`\${VAR:-default}\` are filled in from the environment in \`image.repository\` and \`image.base\`, nowhere else. A
  variable that is not set and has no default is an error.
- Secrets do not belong here. \`image.env\` and \`image.labels\` refuse names such as \`DB_PASSWORD\` and values that look like keys;
  give secrets to the container when it starts.

`;

const tail = `## The base image

\`image.base\` defaults to an image pinned to a major version of Node and a release of Debian, not to a digest: its bytes change
with security fixes. Write \`image.base: docker.io/library/node@sha256:…\` for the same bytes every time. A base of your own
needs glibc and node at \`/usr/local/bin/node\`.
`;
