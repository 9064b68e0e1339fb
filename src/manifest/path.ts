/** `['inputs', 0, 'shape']` → `inputs[0].shape`; names that are no plain words are quoted: `env["a b"]`. */
export function showPath(path: readonly PropertyKey[]): string {
  let shown = '';
  for (const part of path) {
    if (typeof part === 'number') shown += `[${part}]`;
    else if (!/^[\w-]+$/.test(String(part))) shown += `[${JSON.stringify(String(part))}]`;
    else shown += shown === '' ? String(part) : `.${String(part)}`;
  }
  return shown;
}

/** The reverse of `showPath`. */
export function readPath(shown: string): PropertyKey[] {
  const parts = shown.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g);
  return [...parts].map(([, index, quoted, word]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? word! : (JSON.parse(quoted) as string);
  });
}

/** The value at a key path of plain data; undefined where the path ends early. */
export function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}
