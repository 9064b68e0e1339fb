import { columnsJson, isObject, parseJson } from '../json.ts';
import type { Wire } from '../wire.ts';

/** `POST /predict`. */
export const plain: Wire = {
  summary: 'POST /predict',
  path: (model) => (model === undefined ? '/predict' : `/predict/${encodeURIComponent(model)}`),
  body: (inputs) => ({
    headers: { 'content-type': 'application/json' },
    bytes: Buffer.from(columnsJson(inputs)),
  }),
  read: ({ body }) => {
    const document = parseJson(body.toString('utf8'));
    return byOutput(isObject(document) && 'predictions' in document ? document.predictions : document);
  },
};

/** Rows of `{name: value}` are turned into columns by name; what has no names is the output `''`. */
export function byOutput(value: unknown): ReadonlyMap<string, unknown> {
  if (isObject(value)) return new Map(Object.entries(value));
  if (!Array.isArray(value) || value.length === 0 || !value.every(isNamed)) return new Map([['', value]]);
  const names = Object.keys(value[0] as object);
  return new Map(names.map((name) => [name, value.map((row) => (row as Record<string, unknown>)[name])]));
}

// {"b64": …} is one binary text, not a row of outputs.
function isNamed(value: unknown): boolean {
  return isObject(value) && !('b64' in value);
}
