import { type Document, isMap, isScalar, isSeq } from 'yaml';

/**
 * Version, class names and column names stay as they are written where YAML reads a number: `1.10` would become 1.1,
 * and the class `007` 7.
 */
export function keepTexts({ contents }: Document.Parsed): void {
  keep(childOf(contents, 'version'));
  for (const [list, names] of textLists)
    for (const tensor of itemsOf(childOf(contents, list)))
      for (const item of itemsOf(childOf(tensor, names))) keep(item);
}

const textLists = [
  ['inputs', 'columns'],
  ['outputs', 'labels'],
] as const;

function keep(node: unknown): void {
  if (isScalar(node) && typeof node.value === 'number' && node.source !== undefined) node.value = node.source;
}

function childOf(node: unknown, key: string): unknown {
  return isMap(node) ? node.get(key, true) : undefined;
}

function itemsOf(node: unknown): readonly unknown[] {
  return isSeq(node) ? node.items : [];
}
